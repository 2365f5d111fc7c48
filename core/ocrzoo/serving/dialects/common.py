"""What several dialects do: read and note how that went, take the languages of clients, and write JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ocrzoo.serving.access import trace_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request

    from ocrzoo.serving.reading import Answer, ReadRequest
    from ocrzoo.serving.service import Service


async def read(service: Service, request: Request, asked: ReadRequest) -> Answer:
    """Read a file, and note for headers and logs how that went.

    Raises:
        Problem: It cannot be read.
    """
    found = await service.read(asked)
    note(request, [found])
    return found


def note(request: Request, answers: Sequence[Answer]) -> None:
    """Note for headers and logs how the files of a request were read."""
    trace = trace_of(request.scope)
    queue_s, work_s = max(one.queue_s for one in answers), sum(one.work_s for one in answers)
    trace.headers |= {"X-Queue-Time-Ms": f"{1000 * queue_s:.0f}", "X-Work-Time-Ms": f"{1000 * work_s:.0f}"}
    if any(one.is_truncated for one in answers):
        trace.headers["X-Total-Pages"] = str(sum(one.total_pages for one in answers))
    pages = sum(len(one.pages) for one in answers)
    trace.notes |= {"pages": pages, "queue_s": round(queue_s, 4), "work_s": round(work_s, 4)}


def usual_language(service: Service, lang: str | None) -> str | None:
    """Return the language of a client that always sends one: none where this server reads its own languages only."""
    return None if service.settings.languages == "off" else (lang or "").strip() or None


def to_json(value: object) -> bytes:
    """Return compact JSON."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def warnings_of(answer: Answer) -> list[str]:
    """Return what a client should know: pages that were left out, or could not be read."""
    warnings = []
    if answer.is_truncated:
        warnings.append(
            f"{len(answer.pages)} of {answer.total_pages} pages were read: a limit of the server or of the request"
        )
    return warnings + [page.error for page in answer.pages if page.error is not None]
