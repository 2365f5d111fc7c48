"""The base of all results: a dictionary with PaddleX's keys, and methods to print and save it."""

from __future__ import annotations

import io
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ocrzoo.results.output_files import PageSource, target_path, write
from ocrzoo.results.output_index import Identity, identity
from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    import PIL.Image

_PICTURES = frozenset([".bmp", ".dib", ".jpeg", ".jpg", ".png", ".webp", ".pgm", ".ppm", ".pnm", ".tiff", ".tif"])
"""Pictures are saved in the input's format if it is one of these, else as PNG."""

_MOST_PIXELS_A_SIDE = 16383
"""The limit of WebP; pictures with a longer side are saved as PNG."""


class PageResult(dict[str, Any], ABC):
    """One page's result, a dictionary."""

    pictures: ClassVar[frozenset[str]] = frozenset()
    """Keys whose values are pixels, which JSON leaves out."""
    arrays: ClassVar[frozenset[str]] = frozenset()
    """Keys of lists that are printed as arrays, abbreviated, as in PaddleX."""

    def __init__(self, keys: dict[str, Any], source: PageSource) -> None:
        """``keys`` are those after ``input_path`` and ``page_index``."""
        super().__init__(input_path=source.input_path, page_index=source.page_index, **keys)
        self._source = source

    def __repr__(self) -> str:
        """Return the result without its pictures."""
        return f"{type(self).__name__}({_without(self, self.pictures)!r})"

    @property
    def json(self) -> dict[str, Any]:
        """The result as plain data under the key ``res``, with lists for arrays."""
        return {"res": _plain(_without(self, self.pictures))}

    @property
    @abstractmethod
    def img(self) -> dict[str, PIL.Image.Image]:
        """Pictures of the result, RGB, by name."""

    def print(
        self,
        format_json: bool = True,
        indent: int | None = 4,
        ensure_ascii: bool = False,
        *,
        json_format: bool | None = None,
    ) -> None:
        """Print the result to standard output, as JSON or as a Python dictionary.

        ``json_format`` is the name of ``format_json`` in PaddleX's code.
        """
        if format_json if json_format is None else json_format:
            print(to_json(self.json, indent, ensure_ascii))
        else:
            with np.printoptions(threshold=1, edgeitems=1):
                print({"res": _as_arrays(_without(self, self.pictures), self.arrays)})

    def save_to_json(self, save_path: str | Path, indent: int | None = 4, ensure_ascii: bool = False) -> Path:
        """Save ``json["res"]`` and return the path: the file named, or ``<input>_res.json`` in a folder.

        Raises:
            UsageError: It could not be written.
        """
        text = to_json(self.json["res"], indent, ensure_ascii) + "\n"
        return self._write(save_path, "res", ".json", text.encode("utf-8"))

    def save_to_img(self, save_path: str | Path) -> tuple[Path, ...]:
        """Save every picture of ``img`` and return the paths: ``<input>_<picture>.<its suffix>`` in a folder.

        A file that is named gets the first picture; the others are saved beside it, with their names appended.

        Raises:
            UsageError: They could not be written.
        """
        return tuple(
            self._save_picture(save_path, name, picture, first=number == 0)
            for number, (name, picture) in enumerate(self.img.items())
        )

    def save_all(self, save_path: str | Path) -> None:
        """Save JSON and pictures into a folder.

        Raises:
            UsageError: They could not be written.
        """
        self.save_to_json(save_path)
        self.save_to_img(save_path)

    def _save_picture(self, save_path: str | Path, name: str, picture: PIL.Image.Image, *, first: bool) -> Path:
        from PIL import Image as PillowImage

        kinds = PillowImage.registered_extensions()
        suffixes = {suffix: kind for suffix, kind in kinds.items() if kind in PillowImage.SAVE}
        own = self._source.suffix
        fits = own in _PICTURES and own in suffixes and max(picture.size) <= _MOST_PIXELS_A_SIDE
        path = target_path(save_path, f"{self._source.label}_{name}", own if fits else ".png", suffixes)
        if path == Path(save_path) and not first:
            path = path.with_stem(f"{path.stem}_{name}")
        content = io.BytesIO()
        try:
            picture.save(content, format=suffixes[path.suffix.lower()])
        except (OSError, ValueError) as error:
            raise UsageError(f"{path} could not be written: {error}") from error
        return write(self._claimed(path, save_path), content.getvalue())

    def _write(self, save_path: str | Path, kind: str, suffix: str, content: bytes) -> Path:
        path = target_path(save_path, f"{self._source.label}_{kind}", suffix)
        return write(self._claimed(path, save_path), content)

    def _claimed(self, path: Path, save_path: str | Path) -> Path:
        """Number the pages that are saved to one named file, and the results that would overwrite each other.

        In a folder, those of earlier runs count too; a file that the user names is replaced.
        """
        source = self._source
        owner = (source.name, source.page_index)
        if path != Path(save_path):
            return source.names.claim(path, owner, self._identity)
        return source.names.claim(
            path if source.page_index is None else path.with_stem(f"{path.stem}_{source.page_index}"), owner
        )

    @cached_property
    def _identity(self) -> Identity:
        source = self._source
        return identity(source.input_path, source.page_index, source.origin, self._pixels())

    def _pixels(self) -> Iterable[NDArray[Any]]:
        """What the result was made of, and what it shows."""
        return [self[key] for key in sorted(self.pictures) if isinstance(self.get(key), np.ndarray)]


def to_json(value: object, indent: int | None = None, ensure_ascii: bool = False) -> str:
    """Return strict JSON: no NaN, and bytes of a file name that are not text as escapes."""
    text = json.dumps(value, indent=indent, ensure_ascii=ensure_ascii, allow_nan=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _without(value: Mapping[str, Any], left_out: frozenset[str]) -> dict[str, Any]:
    """The dictionary without its pictures, and those of results inside it."""
    return {
        key: _without(item, item.pictures) if isinstance(item, PageResult) else item
        for key, item in value.items()
        if key not in left_out
    }


def _as_arrays(value: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {key: np.array(item) if key in names else item for key, item in value.items()}


def _plain(value: Any) -> Any:
    """Convert arrays and NumPy scalars to lists and numbers."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        array: NDArray[Any] = value
        return array.tolist()
    return value.item() if isinstance(value, np.generic) else value
