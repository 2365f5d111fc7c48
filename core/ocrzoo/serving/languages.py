"""The languages that requests may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ocrzoo_registry.zoo import Zoo


def languages_of(zoo: Zoo, *, only_installed: bool) -> list[dict[str, Any]]:
    """Return the languages that a model reads: tag, name, and whether such a model is on this machine."""
    from ocrzoo_registry.languages.report import support_matrix

    found = []
    for one in support_matrix(zoo, zoo.default_model()):  # pyright: ignore[reportArgumentType]  # as in zoo.py
        able = [candidate for candidate in one.selection.candidates if candidate.qualifies]
        is_installed = any(candidate.is_installed for candidate in able)
        if is_installed or (able and not only_installed):
            found.append({"tag": one.language.tag, "name": one.language.name, "installed": is_installed})
    return found
