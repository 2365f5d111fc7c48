"""PyInstaller's hook: what ocrzoo finds at run time by metadata, by dotted path and beside its modules.

It covers ocrzoo, every installed plugin, the installed engines, and the weights in installed distributions.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from importlib.util import find_spec

from PyInstaller.utils.hooks import (  # pyright: ignore[reportMissingImports]
    collect_data_files,
    collect_dynamic_libs,
    collect_submodules,
    copy_metadata,
)

from ocrzoo._pyinstaller.collecting import engine_modules, weights

_DATA_OF = ("arabic_reshaper", "langcodes", "py3langid", "pypdfium2", "pypdfium2_raw")
"""Libraries that read files of their own."""

_plugins = entry_points(group="ocrzoo")
_packages = {"ocrzoo", "ocrzoo_registry", "ocrzoo_cards", *(entry.module.partition(".")[0] for entry in _plugins)}
_distributions = {"ocrzoo", *(entry.dist.name for entry in _plugins if entry.dist is not None)}
_engines = engine_modules()

hiddenimports = list(_engines)
datas = weights()
binaries = []
for _package in sorted(_packages):
    hiddenimports += collect_submodules(_package, filter=lambda name: "_pyinstaller" not in name)
    datas += collect_data_files(_package)
for _package in filter(find_spec, _DATA_OF):
    datas += collect_data_files(_package)
for _name in sorted(_distributions):
    datas += copy_metadata(_name)
for _module in _engines:
    binaries += collect_dynamic_libs(_module)
    datas += collect_data_files(_module, excludes=["**/*.h", "**/*.hpp", "**/*.cmake", "**/*.pc", "**/*.pyi"])
