"""The model registry, and what a plugin imports from it.

from ocrzoo_registry import hookimpl, read_cards

@hookimpl
def ocrzoo_model_cards():
    yield from read_cards("cards")

Names are imported on first use. Nothing here imports numpy, OpenCV, pillow or an engine.
"""

from __future__ import annotations

TYPE_CHECKING = False  # importing it from typing takes longer than all the rest of this module

if TYPE_CHECKING:
    from ocrzoo_registry.cards.fields import Format, Task
    from ocrzoo_registry.cards.loader import build_card, read_cards, read_reference
    from ocrzoo_registry.cards.schema import ModelCard
    from ocrzoo_registry.errors import *
    from ocrzoo_registry.plugins.hookspecs import hookimpl
    from ocrzoo_registry.plugins.specs import EngineSpec, FormatSpec, PipelineSpec, PredictorSpec, SourceSpec
    from ocrzoo_registry.settings import Settings
    from ocrzoo_registry.sources.base import Checkable, Health, Holding, Keeping, Listing, RemoteFile, Source, Stream

__all__ = [
    "AmbiguousLanguage",
    "AmbiguousName",
    "Busy",
    "CardError",
    "Checkable",
    "EngineError",
    "EngineSpec",
    "ExitCode",
    "Format",
    "FormatSpec",
    "Health",
    "Holding",
    "InputError",
    "IntegrityError",
    "Keeping",
    "Listing",
    "ModelCard",
    "NotFound",
    "NotOffered",
    "OcrzooError",
    "OfflineError",
    "PipelineSpec",
    "PluginError",
    "PredictorSpec",
    "Refused",
    "RemoteFile",
    "SettingError",
    "Settings",
    "Source",
    "SourceError",
    "SourceSpec",
    "StoreError",
    "Stream",
    "Task",
    "TooSlow",
    "UnknownLanguage",
    "UnknownModel",
    "Unreachable",
    "UsageError",
    "build_card",
    "hookimpl",
    "read_cards",
    "read_reference",
]

_MODULES = {
    **dict.fromkeys(("build_card", "read_cards", "read_reference"), "cards.loader"),
    **dict.fromkeys(("Format", "Task"), "cards.fields"),
    "ModelCard": "cards.schema",
    "hookimpl": "plugins.hookspecs",
    **dict.fromkeys(("EngineSpec", "FormatSpec", "PipelineSpec", "PredictorSpec", "SourceSpec"), "plugins.specs"),
    "Settings": "settings",
    **dict.fromkeys(
        ("Checkable", "Health", "Holding", "Keeping", "Listing", "Stream", "RemoteFile", "Source"), "sources.base"
    ),
}
"""The module of each public name that is not an error."""


def __getattr__(name: str) -> object:
    """Import a public name on first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_MODULES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, imported yet or not."""
    return sorted({*globals(), *__all__})
