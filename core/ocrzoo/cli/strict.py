"""``--strict``: a command that ends with an error where a plugin failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ocrzoo_registry.errors import PluginError

if TYPE_CHECKING:
    from ocrzoo_registry.zoo import Zoo

strict_option = click.option(
    "--strict", is_flag=True, help="Exit code 2 if a plugin failed or has a name that another plugin has too."
)


def check_plugins(zoo: Zoo) -> None:
    """Raise what failed in plugins, as far as they were asked, and names that two of them register.

    Raises:
        PluginError: Something did.
    """
    from ocrzoo_registry.plugins.found import failed

    found = [text for text in (failed(zoo.plugins.plugins), *zoo.conflicts()) if text]
    if found:
        raise PluginError("; ".join(found))
