"""Searchable PDF: what was read, as it was, with an invisible layer of text.

Pages of PDF files keep their content, and pictures their pixels, depth, compression and size where a PDF knows them.
"""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from ocrzoo.inputs.file_types import HEAD_BYTES, FileType, file_type
from ocrzoo.inputs.page import Origin
from ocrzoo.processing.blocks import Paragraph
from ocrzoo.results.exports import geometry
from ocrzoo.results.exports.content import language_tag, lines_with_text, main_language, sanitize, version
from ocrzoo.results.exports.paragraphs import Line, blocks_of
from ocrzoo.results.exports.pdf_parts import pictures
from ocrzoo.results.exports.pdf_parts.assembly import DocumentJob, LayerJob, PageJob, TagJob, assemble
from ocrzoo.results.exports.pdf_parts.glyph_layout import GlyphRun, PlacedGlyph, layout
from ocrzoo.results.exports.pdf_parts.kept_files import KeptFiles, KeptPage
from ocrzoo.results.exports.pdf_parts.picture_files import picture_of
from ocrzoo.results.exports.pdf_parts.pictures import Picture
from ocrzoo.results.exports.pdf_parts.sheet import sheet_size
from ocrzoo.results.exports.pdf_parts.text import TextBlock
from ocrzoo.results.exports.pdf_parts.writer import PageWriter
from ocrzoo.results.output_files import staged
from ocrzoo.results.page_text import TextPage, UnreadPage
from ocrzoo.text.joining import is_spaced
from ocrzoo_registry.errors import InputError, UsageError
from ocrzoo_registry.files import open_regular

log = logging.getLogger("ocrzoo")


def to_pdf(pages: Iterable[TextPage | UnreadPage], dpi: float | None = None, *, replace_text: bool = False) -> bytes:
    """Return a PDF of all pages; see :func:`save_pdf`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "document.pdf")
        _save(pages, path, dpi, None, replace_text=replace_text)
        return path.read_bytes()


def save_pdf(
    pages: Iterable[TextPage | UnreadPage], path: Path, dpi: float | None = None, *, replace_text: bool = False
) -> None:
    """Write a PDF of all pages; the output is deterministic, and the file is there only when it is complete.

    Pages are consumed one at a time and put aside on disk, so memory does not grow with their number. A page of a PDF
    file stays as it is, and gets an invisible layer of the words that it does not have as text yet; with
    ``replace_text``, its invisible text is removed first. ``dpi`` is the resolution of pictures that state none
    (see :func:`~ocrzoo.results.exports.pdf_parts.sheet.sheet_size`). Pages without a file are JPEG of quality 90, or
    lossless if that is smaller.

    Raises:
        UsageError: ``dpi`` is not a positive number, or the file cannot be written.
    """
    _save(pages, path, dpi, str(path), replace_text=replace_text)


def _save(
    pages: Iterable[TextPage | UnreadPage], path: Path, dpi: float | None, name: str | None, *, replace_text: bool
) -> None:
    """Write a PDF; in warnings it has a name, by default its first page's."""
    if dpi is not None and not (math.isfinite(dpi) and dpi > 0):
        raise UsageError(f"dpi must be a positive number such as 300, not {dpi}")
    with tempfile.TemporaryDirectory(prefix="ocrzoo-") as folder, KeptFiles() as kept:
        document = _Document(Path(folder), kept, dpi, replace_text=replace_text)
        for page in pages:
            document.add(page)
        with staged(path) as part:
            notes = document.write(part)
        for note in notes:
            log.warning("%s: %s", name or document.title, note)


class _Document:
    """A document while its pages come in."""

    def __init__(self, folder: Path, kept: KeptFiles, dpi: float | None, *, replace_text: bool) -> None:
        self._folder = folder
        self._kept = kept
        self._dpi = dpi
        self._replace_text = replace_text
        self._writer = PageWriter(folder)
        self._pages: list[PageJob] = []
        self.title: str | None = None
        """The first page's name."""
        self._language: str | None = None
        self._contents: dict[int, tuple[bytes, Path]] = {}
        self._passwords: dict[str, list[str]] = {}
        self._unread = 0
        self._notes: list[str] = []

    def add(self, page: TextPage | UnreadPage) -> None:
        """Add a page."""
        if self.title is None:
            self.title = sanitize(page.name)
        if isinstance(page, UnreadPage):
            self._add_unread(page)
            return
        self._language = self._language or main_language(language_tag(line) for line, _ in lines_with_text(page))
        if page.origin is not None and page.page_index is not None and _type_of(page.origin) == "pdf":
            path = self._file(page.origin)
            try:
                found = self._kept.page(path, page.origin.passwords, page.page_index, visible_only=self._replace_text)
            except ValueError as error:
                self._notes.append(f"{page.input_path or page.name} is not kept but drawn as pictures: {error}")
            else:
                self._add_kept(page, path, page.page_index, found)
                return
        self._add_picture(page)

    def write(self, path: Path) -> list[str]:
        """Write the document and return notes for the user.

        Raises:
            UsageError: There are no pages, or it could not be written.
        """
        if not self._pages:
            raise UsageError("no page could be written")
        self._writer.close()
        job = DocumentJob(
            output=str(path),
            pages=self._pages,
            passwords=self._passwords,
            replace_text=self._replace_text,
            title=self.title or "",
            language=self._language,
            producer=f"ocrzoo {version()}",
        )
        any_kept = any(page["kept"] for page in self._pages)
        notes = self._kept.write(job) if any_kept else assemble(job)
        if self._unread:
            notes.append(f"{self._unread} pages that could not be read are kept as they are, without text")
        return list(dict.fromkeys([*self._notes, *notes]))

    def _add_kept(self, page: TextPage, path: Path, index: int, found: KeptPage) -> None:
        """Add the words that a page of a PDF file does not have as text yet."""
        width, height = geometry.page_size(page)
        runs = []
        for line, words in lines_with_text(page):
            if missing := found.without_text(words, width, height):
                runs.append(layout(page, line, missing, found.turn))
        layer = None
        if runs:
            written = self._writer.add_text((width, height), runs)
            layer = LayerJob(file=str(self._writer.path), number=written, matrix=found.matrix(width, height))
        self._pages.append(PageJob(file=str(path), number=index, layer=layer, turned=page.turned, kept=True, tags=[]))

    def _add_picture(self, page: TextPage) -> None:
        picture = _picture(page)
        pixels = geometry.page_size(page)
        blocks = []
        for part, lines in blocks_of(page):
            runs = [layout(page, line, words) for line, words in lines]
            blocks.append(TextBlock(None, runs) if part is None else TextBlock(_tag(part), _with_spaces(lines, runs)))
        size = sheet_size(*pixels, picture.dpi, self._dpi)
        tags = [TagJob(tag=_tag(part), goes_on=part.goes_on) for part in page.paragraphs]
        self._append(self._writer.add_picture(picture, size, pixels, blocks, self._language, page.turned), tags)

    def _add_unread(self, page: UnreadPage) -> None:
        if _type_of(page.origin) == "pdf":
            if page.page_index is None:
                return  # the file could not be opened, which is an error of its own
            path = self._file(page.origin)
            number = page.page_index
            self._pages.append(PageJob(file=str(path), number=number, layer=None, turned=0, kept=True, tags=[]))
        else:
            try:
                picture = picture_of(page.origin.file, page.origin.number, None)
            except (ValueError, OSError, InputError) as error:
                self._notes.append(f"{page.name} is left out, since its picture cannot be kept: {error}")
                return
            pixels = (picture.width, picture.height) if picture.orientation < 5 else (picture.height, picture.width)
            size = sheet_size(*pixels, picture.dpi, self._dpi)
            self._append(self._writer.add_picture(picture, size, pixels, [], None))
        self._unread += 1

    def _append(self, written: int, tags: Sequence[TagJob] = ()) -> None:
        file = str(self._writer.path)
        self._pages.append(PageJob(file=file, number=written, layer=None, turned=0, kept=False, tags=[*tags]))

    def _file(self, origin: Origin) -> Path:
        """The file of a page; content in memory is written to the folder, once."""
        content = origin.file
        if isinstance(content, Path):
            path = content.absolute()
        elif id(content) in self._contents:
            path = self._contents[id(content)][1]
        else:
            path = self._folder / f"input-{len(self._contents)}.pdf"
            path.write_bytes(content)
            self._contents[id(content)] = (content, path)  # kept, so that no other has its id
        self._passwords[str(path)] = list(origin.passwords)
        return path


def _tag(part: Paragraph) -> str:
    """The type of a paragraph in the structure of a document."""
    return f"H{part.level}" if part.level else "P"


def _with_spaces(lines: Sequence[Line], runs: Sequence[GlyphRun]) -> list[GlyphRun]:
    """Add a space to level lines where a word ends with them: in marked content, line ends are none."""
    made = []
    for (line, _), run, after in zip(lines, runs, [*lines[1:], None], strict=True):
        texts = (line.text.strip(), after[0].text.strip() if after else "")
        spaced = line.direction != "ttb" and all(texts) and is_spaced(*texts)
        space = PlacedGlyph(" ", run.frame.length, run.glyphs[-1].stretch)
        made.append(replace(run, glyphs=[*run.glyphs, space]) if spaced else run)
    return made


def _type_of(origin: Origin) -> FileType | None:
    """The type of a file; ``None`` if it can no longer be read."""
    if isinstance(origin.file, bytes):
        return file_type(origin.file[:HEAD_BYTES])
    try:
        with open_regular(origin.file) as file:
            return file_type(file.read(HEAD_BYTES))
    except (OSError, ValueError):
        return None


def _picture(page: TextPage) -> Picture:
    """The picture of a page as its file has it, or the page's image."""
    if page.origin is not None:
        try:
            return picture_of(page.origin.file, page.origin.number, page.image)
        except (ValueError, OSError, InputError) as error:
            log.info("%s: its picture is compressed again: %s", page.name, error)
    return pictures.from_array(page.image)
