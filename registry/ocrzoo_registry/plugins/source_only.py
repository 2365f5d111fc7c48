"""Importing signed packages from their source alone.

Python prefers the compiled file beside a module, if one fits its source by time and size. A signature does not cover
these files, so those of signed packages are not read.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType

from ocrzoo_registry.plugins.signatures import CACHE


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


class _Finder(MetaPathFinder):
    """Finds what the others find, with another loader."""

    def __init__(self) -> None:
        self.packages: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in self.packages:
            return None
        if CACHE in fullname:
            raise ImportError(f"{fullname} is in {CACHE}, which no signature covers")
        others = (
            finder.find_spec(fullname, path, target) for finder in sys.meta_path if not isinstance(finder, _Finder)
        )
        spec = next((found for found in others if found is not None), None)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
            spec.cached = None
        return spec


_FINDER = _Finder()


def import_from_source(package: str) -> None:
    """Have a package and all its modules imported from source from now on, in this process."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
    _FINDER.packages.add(package)
