"""What the tools of ``ocrzoo mcp`` answer: text, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from ocrzoo.serving.page_ranges import left_out
from ocrzoo.serving.reading import Answer, PageAnswer

Format = Literal["text", "markdown", "json"]


def rendered(answer: Answer, fmt: Format, chosen: Sequence[int] | None) -> str:
    """Return what was read of the chosen pages, counted from 0, and what is left to be read."""
    return _RENDERED[fmt](answer, _note(answer, chosen))


def as_json(value: object) -> str:
    """Return JSON."""
    return json.dumps(value, ensure_ascii=False)


def _note(answer: Answer, chosen: Sequence[int] | None) -> str:
    """What is left to be read; empty if nothing is."""
    missing = left_out(answer, chosen)
    return f"{missing} of {answer.total_pages} pages were not read: ask for them with pages" if missing > 0 else ""


def _as_text(answer: Answer, note: str) -> str:
    return _joined(((page, page.text) for page in answer.pages), answer, note, "--- page {} ---\n")


def _as_markdown(answer: Answer, note: str) -> str:
    return _joined(((page, page.markdown or page.text) for page in answer.pages), answer, note, "## Page {}\n\n")


def _joined(pages: Iterable[tuple[PageAnswer, str]], answer: Answer, note: str, heading: str) -> str:
    """The texts of pages; of several, each has a heading."""
    parts = [
        (heading.format(page.index + 1) if answer.total_pages > 1 else "") + (f"({page.error})" if page.error else text)
        for page, text in pages
    ]
    return "\n\n".join([*parts, *([f"({note})"] if note else [])])


def _in_json(answer: Answer, note: str) -> str:
    pages = [
        {
            "page": page.index + 1,
            "width": page.width,
            "height": page.height,
            **({"error": page.error} if page.error else {"lines": _lines(page.result)}),
        }
        for page in answer.pages
    ]
    selection = {} if answer.selection is None else {"languageSelection": answer.selection}
    return as_json({"totalPages": answer.total_pages, "pages": pages, **selection, **({"note": note} if note else {})})


def _lines(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of a page, in reading order; corners are pixels of the page."""
    places = result.get("rec_polys_original") or result["rec_polys"]
    order = result.get("reading_order", range(len(places)))
    return [
        {"text": result["rec_texts"][n], "score": round(result["rec_scores"][n], 4), "polygon": places[n]}
        for n in order
    ]


_RENDERED: dict[Format, Callable[[Answer, str], str]] = {
    "text": _as_text,
    "markdown": _as_markdown,
    "json": _in_json,
}
