"""Plugins that were found in the environment, what failed in each, and the cards that were refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import pluggy

from ocrzoo_registry.plugins.registrations import Origin
from ocrzoo_registry.plugins.signatures import Signature

Stage = Literal["signature", "import", "registration", "unknown hook argument", "misspelled hook", "hook"]
Status = Literal["disabled", "not allowed", "failed", "incomplete", "loaded"]


_NAMED = 4
"""Distributions that are not allowed and that an error names."""


@dataclass(frozen=True)
class Failure:
    """A failure of a plugin, and the stage it happened at."""

    stage: Stage
    message: str


@dataclass(frozen=True)
class RefusedCard:
    """A card that is not registered, as far as it could be read."""

    name: str
    task: str
    languages: tuple[str, ...]
    origin: Origin
    reason: str
    """File, key and fault."""

    def __str__(self) -> str:
        """Return what is refused, whose it is, and why."""
        return f"the card of {self.name or 'a model'} from plugin {self.origin} is refused: {self.reason}"


@dataclass
class Plugin:
    """A plugin that was found, loaded or not."""

    origin: Origin
    module: str = ""
    """The value of its entry point."""
    disabled: bool = False
    refusal: str = ""
    """Why it was not imported, though not disabled; empty if it was."""
    signature: Signature = field(default_factory=Signature)
    """As far as it was looked at: only where ``OCRZOO_PLUGIN_KEYS`` is set."""
    hooks: tuple[str, ...] = ()
    """The hooks it implements."""
    failures: list[Failure] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    """What is odd about it, but keeps nothing from being registered."""
    registered: int = 0
    """How many cards and specs of it are registered."""
    manager: pluggy.PluginManager | None = None

    @property
    def status(self) -> Status:
        """One word for a list of plugins; ``incomplete``: something failed, and something else is registered."""
        if self.disabled:
            return "disabled"
        if self.failures:
            return "incomplete" if self.registered else "failed"
        if self.refusal:
            return "not allowed"
        return "loaded"


def kept_out(plugins: Sequence[Plugin]) -> str:
    """Return which distributions are not allowed, in a clause for an error; empty if all are."""
    names = sorted({one.origin.distribution for one in plugins if one.refusal})
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    listed = f"not allowed: {', '.join(names[:_NAMED])}{more}; 'ocrzoo plugins list' has the reasons"
    return listed if names else ""


def failed(plugins: Sequence[Plugin]) -> str:
    """Return which plugins failed, in a line for an error; empty if none did."""
    names = [str(one.origin) for one in plugins if one.failures]
    return f"{len(names)} plugin{'s' * (len(names) != 1)} failed: {', '.join(names)}" if names else ""
