"""The pictures of pages that were read before, by what their results say of them."""

from __future__ import annotations

from pathlib import Path

from ocrzoo.inputs import InputOptions, Page, Password, pages
from ocrzoo.processing.rotation import rotate
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError
from ocrzoo_registry.network.urls import looks_like_url, without_credentials


class PageFinder:
    """Opens pages; those of one file one after the other, without counting them again."""

    def __init__(self, images: Path | None = None, password: Password = None) -> None:
        """``images`` is the folder to look for the files in, by their names, where they were moved.

        ``password`` opens encrypted PDFs.
        """
        self._images = images
        self._password = password
        self._file: Path | None = None
        self._pages: dict[int | None, Page] = {}

    def read(self, input_path: str | None, page_index: int | None, angle: int, result: Path) -> Image:
        """Return the picture of a page, H x W x 3, uint8, BGR, turned by ``angle`` degrees counter-clockwise.

        ``result`` is the file with its result: a relative path may also start there.

        Raises:
            InputError: Its file cannot be found or read, or has no such page.
        """
        file = self._find(input_path, result)
        if file != self._file:
            options = InputOptions(frames="first" if page_index is None else "all", report=False)
            self._pages = {page.page_index: page for page in pages(file, options, password=self._password)}
            self._file = file
        page = self._pages.get(page_index)
        if page is None:
            if whole := self._pages.get(None):
                whole.read()  # a file that cannot be opened is one page, which raises the reason
            number = "only page" if page_index is None else f"page {page_index + 1}"
            raise InputError(f"{result}: {file} has no {number}: it is another file than the one that was read")
        return rotate(page.read(), angle)

    def _find(self, input_path: str | None, result: Path) -> Path:
        if not input_path or input_path == "-":
            raise InputError(f"{result}: its page was no file: save it, and read it again by its path")
        shown, is_url = without_credentials(input_path), looks_like_url(input_path)
        if is_url and self._images is None:
            raise InputError(
                f"{result}: its page was downloaded from {shown}: save it, and name its folder by --images"
            )
        name = Path(input_path.replace("\\", "/")).name
        candidates = [] if is_url else [Path(input_path), result.parent / input_path]
        if self._images is not None:
            candidates.insert(0, self._images / name)
        for candidate in candidates:
            if _is_file(candidate):
                return candidate
        where = "there is no such file" if self._images is None else f"{self._images} has no {name}"
        raise InputError(f"{result}: its page {shown} was not found, {where}: --images FOLDER names another folder")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is not valid
        return False
