"""Weights in a folder or a file: which format they are, and which file is which of the format's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ocrzoo_registry.cards.formats import format_names, is_complete, model_files, required_files
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import os_errors_as, sha256_of

DIGEST_ORIGIN = "computed when the card was drafted"
"""The origin of the digests that are in a card because its weights are here."""


@dataclass(frozen=True)
class Weights:
    """A model's files in one format: the path in the model's folder, and where each is."""

    file_format: str
    files: Mapping[str, Path]

    def listed(self) -> list[dict[str, Any]]:
        """Return the files as a card lists them, with sizes and digests.

        Raises:
            UsageError: One cannot be read.
        """
        found = []
        for name, path in self.files.items():
            with os_errors_as(UsageError, f"{path} could not be read"):
                size, digest = path.stat().st_size, sha256_of(path)
            found.append({"path": name, "size": size, "sha256": digest, "digest_origin": DIGEST_ORIGIN})
        return found


def formats_of(names: Iterable[str]) -> dict[str, list[str]]:
    """Return the formats that files of these names make a model of, and the names for each, best first."""
    present = set(names)
    return {
        kind: sorted(present & model_files(kind))
        for kind in dict.fromkeys(("onnx", *format_names()))
        if is_complete(kind, present)
    }


def weights_at(path: Path) -> Weights | None:
    """Return the weights in a folder, or of a single file such as an ONNX file of any name; ``None`` if there are none.

    Raises:
        UsageError: There are several that could be meant, or the folder cannot be read.
    """
    if path.is_file():
        return _in_format({path.name: path}, path)
    with os_errors_as(UsageError, f"{path} could not be read"):
        files = {one.name: one for one in sorted(path.iterdir()) if one.is_file()}
    return _in_format(files, path)


def _in_format(files: Mapping[str, Path], where: Path) -> Weights | None:
    """Take the files that are named as a format wants them, else those of its endings."""
    exact = formats_of(files)
    if exact:
        kind = next(iter(exact))
        beside = ("inference.onnx.data",) if kind == "onnx" and "inference.onnx.data" in files else ()
        return Weights(kind, {name: files[name] for name in (*exact[kind], *beside)})
    for kind in dict.fromkeys(("onnx", *format_names())):
        for wanted in required_files(kind):
            renamed = {name: _of_ending(files, name, where) for name in sorted(wanted)}
            if (found := {name: path for name, path in renamed.items() if path}) and len(found) == len(renamed):
                return Weights(kind, found)
    return None


def _of_ending(files: Mapping[str, Path], name: str, where: Path) -> Path | None:
    """The only file with the ending of a format's file.

    Raises:
        UsageError: There are several.
    """
    ending = PurePosixPath(name).suffix
    if ending == ".json":  # any settings may be JSON
        return None
    found = [path for own, path in files.items() if PurePosixPath(own).suffix == ending]
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UsageError(f"{where} has several files that could be {name} ({names}): name one file")
    return found[0] if found else None
