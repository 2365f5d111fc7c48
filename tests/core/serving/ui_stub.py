"""A server with just the calls that the page at ``/ui`` makes, which answers as recorded.

Record again: ``python -m tests.core.serving.ui_stub``.
"""

from __future__ import annotations

import base64
import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

UI = Path(__file__).parents[3] / "core" / "ocrzoo" / "serving" / "ui"
POLICY = "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'"
RECORDED = Path(__file__).with_name("ui_answers.json")
REPOSITORY = Path(__file__).parents[3]
PAGES = {
    "sample.png": REPOSITORY / "docs" / "sample.png",
    "turned_sideways.png": REPOSITORY / "tests" / "data" / "pages" / "turned_sideways.png",
    "photograph.jpg": REPOSITORY / "tests" / "data" / "labelled" / "0005.jpg",
}
"""The files that it can read, by their names in the record."""
BOUND = ["sample.png", "turned_sideways.png", "photograph.jpg"]
"""What it says that the pages of every PDF are."""

CAPABILITIES: dict[str, Any] = {
    "version": "0.1.0",
    "pipeline": "OCR",
    "languages": [
        {"tag": "zh-Hans", "name": "Chinese (simplified)", "installed": True},
        {"tag": "en", "name": "English", "installed": True},
        {"tag": "ar", "name": "Arabic", "installed": False},
        {"tag": "ko", "name": "Korean", "installed": False},
    ],
    "formats": ["txt", "md", "tsv", "json", "hocr", "alto", "pdf", "ndjson"],
    "limits": {"max_bytes": 50 << 20, "max_pages": 100},
    "language_per_request": True,
}


@contextmanager
def serving() -> Iterator[str]:
    """Serve on a free port; yields the address."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(_app(), port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


def _app() -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Mount, Route
    from starlette.staticfiles import StaticFiles

    class Pages(StaticFiles):
        async def get_response(self, path: str, scope: Any) -> Response:
            response = await super().get_response(path, scope)
            response.headers["Content-Security-Policy"] = POLICY
            return response

    async def capabilities(_request: Request) -> Response:
        return JSONResponse(CAPABILITIES)

    async def ocr(request: Request) -> Response:
        result = _read(base64.b64decode((await request.json())["file"]))
        if result is None:
            return JSONResponse({"logId": "1", "errorCode": 422, "errorMsg": "The file is no image or PDF."}, 422)
        return JSONResponse({"logId": "1", "errorCode": 0, "errorMsg": "Success", "result": result})

    async def export(request: Request) -> Response:
        pages = (await request.json())["pages"]
        return Response("\n".join(line["text"] for page in pages for line in page["lines"]))

    routes = [
        Route("/capabilities", capabilities),
        Route("/ocr", ocr, methods=["POST"]),
        Route("/export", export, methods=["POST"]),
        Mount("/ui", Pages(directory=UI, packages=[("ocrzoo.theme", "files")], html=True)),
    ]
    return Starlette(routes=routes)


def _read(file: bytes) -> dict[str, Any] | None:
    if file.startswith(b"%PDF"):
        names = BOUND
        sizes = [_recorded()[name]["size"] for name in names]
        info: dict[str, Any] = {"type": "pdf", "numPages": len(names), "totalPages": len(names) + 2, "pages": sizes}
    else:
        names = [name for name, path in PAGES.items() if path.read_bytes() == file]
        if not names:
            return None
        info = {"type": "image", **_recorded()[names[0]]["size"]}
    answers = [{"prunedResult": _recorded()[name]["prunedResult"], "inputImage": _jpeg(PAGES[name])} for name in names]
    warnings = ["3 of 5 pages were read: the limit of this server"] if len(answers) > 1 else []
    return {"ocrResults": answers, "dataInfo": info, "warnings": warnings}


def _jpeg(picture: Path) -> str:
    """The picture at half its size, so that boxes need scaling."""
    from PIL import Image

    data = io.BytesIO()
    with Image.open(picture) as opened:
        opened.convert("RGB").reduce(2).save(data, "JPEG", quality=90)
    return base64.b64encode(data.getvalue()).decode()


@cache
def _recorded() -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return recorded


def main() -> None:
    """Record what the pipeline reads."""
    from PIL import Image

    import ocrzoo

    answers = {}
    for name, path in PAGES.items():
        found = next(iter(ocrzoo.read(str(path)))).json["res"]
        with Image.open(path) as picture:
            size = dict(zip(("width", "height"), picture.size, strict=True))
        scores = [round(float(score), 4) for score in found["rec_scores"]]
        kept = {key: found[key] for key in ("rec_texts", "rec_polys", "reading_order")}
        answers[name] = {"size": size, "prunedResult": {**kept, "rec_scores": scores}}
    text = json.dumps(answers, ensure_ascii=False, separators=(",", ":"), default=lambda array: array.tolist())
    RECORDED.write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
