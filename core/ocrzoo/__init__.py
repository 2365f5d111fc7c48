"""ocrzoo: a model zoo and registry for the PP-OCR families, and the OCR pipeline assembled from it.

import ocrzoo

for page in ocrzoo.read("page.png"):
    print(page.text)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocrzoo.pipelines.factory import create_pipeline, read
    from ocrzoo_registry.errors import (
        InputError,
        IntegrityError,
        NotFound,
        OcrzooError,
        OfflineError,
        SourceError,
        UsageError,
    )
    from ocrzoo_registry.zoo import Zoo, select_models

__all__ = [
    "InputError",
    "IntegrityError",
    "NotFound",
    "OcrzooError",
    "OfflineError",
    "SourceError",
    "UsageError",
    "Zoo",
    "create_pipeline",
    "read",
    "select_models",
]

_ERRORS = ("InputError", "IntegrityError", "NotFound", "OcrzooError", "OfflineError", "SourceError", "UsageError")
_WHERE = {
    **dict.fromkeys(_ERRORS, "ocrzoo_registry.errors"),
    "Zoo": "ocrzoo_registry.zoo",
    "create_pipeline": "ocrzoo.pipelines.factory",
    "read": "ocrzoo.pipelines.factory",
    "select_models": "ocrzoo_registry.zoo",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: ``import ocrzoo`` alone loads nothing heavy."""
    if name == "__version__":
        from importlib.metadata import version

        return version("ocrzoo")
    if name not in _WHERE:
        raise AttributeError(f"module 'ocrzoo' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    """Return the public names, whether they were used yet or not."""
    return sorted([*globals(), *__all__, "__version__"])
