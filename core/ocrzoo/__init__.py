"""ocrzoo: a model zoo and registry for the PP-OCR families, and the OCR pipeline assembled from it.

from ocrzoo import create_pipeline

pipeline = create_pipeline("OCR")
for result in pipeline.predict("page.png"):
    result.print()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ocrzoo.pipelines.create import create_pipeline
    from ocrzoo_registry.zoo import Zoo

__all__ = ["Zoo", "create_pipeline"]

_WHERE = {"create_pipeline": "ocrzoo.pipelines.create", "Zoo": "ocrzoo_registry.zoo"}


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: ``import ocrzoo`` alone loads nothing heavy."""
    if name not in _WHERE:
        raise AttributeError(f"module 'ocrzoo' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)
