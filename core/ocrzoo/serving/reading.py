"""What a client wants read, and what it gets: the records that dialects, the service and workers share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal, Self, TypedDict

Kind = Literal["pdf", "image"]
Picture = Literal["input", "ocr", "preprocessing"]


@dataclass(frozen=True)
class ReadRequest:
    """One file to be read."""

    content: bytes = field(repr=False)
    kind: Kind | None = None
    """What the client says the content is; ``None``: it does not say."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """The arguments of :meth:`ocrzoo.OCRPipeline.predict`, without those that are ``None``."""
    lang: str | None = None
    """Languages to read, as ``create_pipeline(lang=...)`` takes them; ``None``: those of the server."""
    max_pages: int | None = None
    """Pages to read of a longer file; ``None``: all."""
    page_numbers: Sequence[int] | None = None
    """The pages to read, from 0; ``None``: from the first on."""
    pictures: Sequence[Picture] = ()
    """Pictures of each page to send."""
    picture_size: tuple[int, int] | None = None
    """Width and height that no picture exceeds; ``None``: as large as the page."""
    document: str | None = None
    """A format of :mod:`ocrzoo.results.exports` for a document of all pages."""
    lines: Sequence[Sequence[Mapping[str, Any]]] | None = None
    """Lines of each page for :attr:`document`, in place of reading: ``text``, ``polygon`` and ``score``."""
    password: str | None = field(default=None, repr=False)
    """Of an encrypted PDF."""
    receipt: bool = False
    """Whether the answer says with which models, settings and versions it was made."""

    def to_data(self) -> dict[str, Any]:
        """Return everything but the content, as JSON has it."""
        return {name: value for name, value in asdict(replace(self, content=b"")).items() if name != "content"}

    @classmethod
    def from_data(cls, data: Mapping[str, Any], content: bytes) -> Self:
        """Return the request of :meth:`to_data`."""
        known = {one.name for one in fields(cls)}
        size = data.get("picture_size")
        return cls(content, **{**{k: v for k, v in data.items() if k in known}, "picture_size": size and tuple(size)})

    @property
    def key(self) -> str:
        """A digest of the content and all settings: equal requests get equal answers."""
        settings = json.dumps(self.to_data(), sort_keys=True, ensure_ascii=True)
        return hashlib.sha256(settings.encode() + hashlib.sha256(self.content).digest()).hexdigest()


class LineAnswer(TypedDict):
    """One line of text, as exports have it."""

    text: str
    polygon: Sequence[tuple[float, float]]
    """Pixels of the page as it was decoded: the corners from the top left one, as the letters stand."""
    score: float
    direction: Literal["ltr", "rtl", "ttb"]


@dataclass(frozen=True)
class PageAnswer:
    """One page that was read, or could not be."""

    index: int
    """From 0, in the file."""
    width: int = 0
    """Pixels of the page as it was decoded."""
    height: int = 0
    result: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """PaddleX's keys (:class:`ocrzoo.OCRResult`), plain data; empty if the page could not be read."""
    text: str = ""
    """The text in reading order, a line a line."""
    markdown: str = ""
    """The same as Markdown."""
    text_lines: Sequence[LineAnswer] = field(default=(), repr=False)
    """The lines that have text, in reading order."""
    pictures: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    """JPEG, by the names of :data:`Picture`."""
    error: str | None = None
    """Why the page could not be read."""

    @property
    def lines(self) -> int:
        """How many lines were read."""
        return len(self.result.get("rec_texts", ()))


@dataclass(frozen=True)
class Answer:
    """A file that was read."""

    pages: Sequence[PageAnswer]
    kind: Literal["image", "pdf", "tiff"] = "image"
    """``tiff`` only for one of several pages, as in PaddleX."""
    total_pages: int = 1
    """Pages of the file, those that were not read included."""
    document: bytes = field(default=b"", repr=False)
    """The document of all pages, if a format was asked for."""
    receipt: Mapping[str, Any] | None = None
    selection: Mapping[str, Any] | None = None
    """Which models were chosen for the request's languages, and why."""
    queue_s: float = 0.0
    """Seconds that the request waited for a worker."""
    work_s: float = 0.0
    """Seconds that the worker took."""

    @property
    def is_truncated(self) -> bool:
        """Whether the file has more pages than were read."""
        return self.total_pages > len(self.pages)
