"""Requests to PaddleX's server and to ours, well-formed and malformed, and what is kept of their answers.

A request's body holds words that stand for files: ``{note.png}`` is the base64 of that file (``case_inputs.py`` and
the longer documents here), ``{data:note.png}`` a ``data:`` URI of it, ``{url}`` the address of a server of all files.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from case_inputs import DATA, NOTE, make_inputs
from case_pipelines import OFF, ocr
from PIL import Image

JSON = "application/json"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
WORD = re.compile(r"\{(data:|lines:|urlsafe:|unpadded:)?([\w.]+\.\w+)\}")
DECIMALS = 6
HEADERS = ("content-type", "allow", "location")
"""The headers of an answer that clients may look at."""
PICTURES = frozenset({"ocrImage", "docPreprocessingImage", "inputImage"})
SECONDS = 90

PIPELINES: Mapping[str, Mapping[str, Any]] = {
    "off": ocr(OFF),
    "on": ocr(),
    "set": {
        **ocr(OFF),
        "Serving": {"visualize": False, "extra": {"max_num_input_imgs": 2, "max_output_img_size": [200, 200]}},
    },
}
"""The pipelines that are served; ``set`` has settings of its own for the server."""


@dataclass(frozen=True)
class Asked:
    """One request."""

    name: str
    body: Any = None
    """What is sent as JSON; text and bytes are sent as they are."""
    pipeline: str = "off"
    method: str = "POST"
    path: str = "/ocr"
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": JSON})
    whole: bool = True
    """Whether the body of the answer counts too."""


def make_files(folder: Path) -> None:
    """Write every file that requests name into a folder."""
    from fpdf import FPDF

    make_inputs(folder)
    note = Image.open(DATA / "chinese_mixed.png").convert("RGB").crop(NOTE)
    small = note.crop((0, 0, 300, 64))
    for pages in (3, 12):
        document = FPDF(unit="pt", format=(300, 60))
        document.set_font("Helvetica", size=18)
        for number in range(pages):
            document.add_page()
            document.text(24, 40, f"Page {number + 1} of {pages}")
        document.output(str(folder / f"pages{pages}.pdf"))
        others = [small.resize((300 + 10 * number, 64)) for number in range(1, pages)]
        small.save(folder / f"pages{pages}.tiff", save_all=True, append_images=others)
    locked = FPDF(unit="pt", format=(300, 60))
    locked.add_page()
    locked.set_encryption(owner_password="owner", user_password="user")  # of a test's document
    locked.output(str(folder / "locked.pdf"))
    small.save(folder / "small.jpg", quality=95)
    small.save(folder / "small.gif")
    small.resize((2400, 300)).save(folder / "wide.png")
    small.rotate(90, expand=True).resize((240, 2400)).save(folder / "tall.png")


def requests() -> Iterator[Asked]:
    """Yield all requests; each has a name of its own."""
    yield from _files()
    yield from _file_types()
    yield from _settings()
    yield from _log_ids()
    yield from _bodies()
    yield from _content_types()
    yield from _routes()
    yield from _not_finite()
    yield from _pipelines()


def _image(**more: Any) -> dict[str, Any]:
    return {"file": "{small.jpg}", "fileType": 1, "visualize": False, **more}


def _files() -> Iterator[Asked]:
    yield Asked("image", {"file": "{note.jpg}", "fileType": 1})
    images = ("note.png", "small.gif", "note.bmp", "note.webp", "gray.png", "deep.png", "exif.jpg", "dot.png")
    for name in (*images, "white.png", "wide.png", "tall.png", "single.tif", "misnamed.png"):
        yield Asked(f"file {name}", {"file": f"{{{name}}}", "fileType": 1})
    for name in ("alpha.png", "clear.png", "cut.png", "no_image.png", "notes.txt", "pages3.pdf", "nothing.png"):
        yield Asked(f"image {name}", _image(file=f"{{{name}}}"))
    for name in ("pages3.tiff", "pages12.tiff", "overview.tif"):
        yield Asked(f"TIFF {name}", _image(file=f"{{{name}}}"))
    for name in ("pages3.pdf", "pages12.pdf", "broken.pdf", "locked.pdf", "note.jpg", "pages3.tiff", "nothing.png"):
        yield Asked(f"PDF {name}", {"file": f"{{{name}}}", "fileType": 0, "visualize": False})
    yield Asked("PDF with pictures", {"file": "{pages.pdf}", "fileType": 0})
    written = {
        "data URI": "{data:small.jpg}",
        "base64 in lines": "{lines:small.jpg}",
        "base64url": "{urlsafe:small.jpg}",
        "base64 without padding": "{unpadded:dot.png}",
        "no base64": "!!!",
        "one letter": "A",
        "not ASCII": "é{small.jpg}",
        "spaces": "   ",
        "no text": "",
        "path": "/etc/hostname",
        "file URL": "file:///etc/hostname",
        "ftp URL": "ftp://127.0.0.1/small.jpg",
    }
    for name, text in written.items():
        yield Asked(f"file as {name}", _image(file=text))
    for name, value in {
        "null": None,
        "number": 7,
        "list": ["{small.jpg}"],
        "object": {"file": "a"},
        "true": True,
    }.items():
        yield Asked(f"file {name}", _image(file=value))
    yield Asked("no file", {"fileType": 1})
    addresses = ("small.jpg", "pages3.pdf", "nowhere.jpg", "notes.txt", "film.mp4", "unnamed", "small.jpg?page=1")
    for name in addresses:
        yield Asked(f"URL {name}", {"file": f"{{url}}/{name}", "visualize": False})
    yield Asked("URL of an image, fileType 0", {"file": "{url}/small.jpg", "fileType": 0})
    yield Asked("URL without a host", {"file": "http:///small.jpg", "fileType": 1})
    yield Asked("URL of a port that nothing listens on", {"file": "http://127.0.0.1:1/small.jpg", "fileType": 1})


def _file_types() -> Iterator[Asked]:
    values: list[Any] = [None, 0, 1, 2, -1, "0", "1", "PDF", "", 0.0, 1.0, 0.5, True, False, [], {}, 10**30]
    for value in values:
        yield Asked(f"fileType {json.dumps(value)}", _image(fileType=value))
    yield Asked("no fileType", {"file": "{small.jpg}"})


VALUES: Mapping[str, tuple[Any, ...]] = {
    "useTextlineOrientation": (None, False, True),
    "useDocOrientationClassify": (None, False, True),
    "useDocUnwarping": (False, True),
    "returnWordBox": (None, True, False, "true", "no", 1, 0, 1.0, 2, "maybe", "", [], {}),
    "visualize": (None, True, False, "false", "ON", 0, 3, "2"),
    "textDetLimitSideLen": (None, 320, "320", 320.0, 320.5, 0, -1, "wide", True, 10**30, [320]),
    "textDetLimitType": (None, "min", "max", "longest", "", 5, True),
    "textDetThresh": (None, 0.5, "0.5", 0, 1, -1, 2, True, "high", [0.5]),
    "textDetBoxThresh": (None, 0.9, 0, 2),
    "textDetUnclipRatio": (None, 2.0, 1, 0, -1),
    "textRecScoreThresh": (None, 0.99, 1.0, 2, "0"),
}
"""Key of a request -> what it is given."""


def _settings() -> Iterator[Asked]:
    for key, values in VALUES.items():
        for value in values:
            yield Asked(f"{key} {json.dumps(value)}", {**_image(), key: value})
    yield Asked("side 100 at most", _image(textDetLimitSideLen=100, textDetLimitType="max"))
    yield Asked("everything null", {**dict.fromkeys(VALUES), "file": "{small.jpg}", "fileType": 1, "logId": None})
    yield Asked("several wrong", {"fileType": 9, "visualize": "maybe", "textDetThresh": "high", "logId": "mine"})
    yield Asked("unknown keys", _image(nested={"a": [1, {"b": None}]}, File="x", file_type=0))
    yield Asked("unknown key lang", _image(lang="xx"))


def _not_finite() -> Iterator[Asked]:
    for name in ("NaN", "Infinity", "-Infinity", "1e400"):
        yield Asked(f"textDetThresh {name}", _raw("textDetThresh", name))
        yield Asked(f"textDetLimitSideLen {name}", _raw("textDetLimitSideLen", name))


def _raw(key: str, literal: str) -> str:
    return json.dumps(_image())[:-1] + f', "{key}": {literal}}}'


def _log_ids() -> Iterator[Asked]:
    names: dict[str, Any] = {
        "abc": "abc",
        "empty": "",
        "null": None,
        "of words": 'Straße 文字 " \\ \n',
        "a path": "../../x",
        "long": "x" * 5000,
        "number": 7,
        "zero": 0,
        "true": True,
        "false": False,
        "list": ["a"],
        "object": {"a": 1},
    }
    for name, value in names.items():
        yield Asked(f"logId {name}", _image(logId=value))
    yield Asked("logId with a bad file", {"file": "{notes.txt}", "fileType": 1, "logId": "mine"})
    yield Asked("logId with no file", {"fileType": 1, "logId": "mine"})
    yield Asked("logId and no fileType", {"file": "{small.jpg}", "logId": "mine"})
    yield Asked("logId empty with no file", {"logId": ""})
    yield Asked("logId with a stage that is not there", _image(useTextlineOrientation=True, logId="mine"))
    yield Asked("logId at another path", {"logId": "mine"}, path="/nowhere")


def _bodies() -> Iterator[Asked]:
    bodies: dict[str, str | bytes] = {
        "nothing": "",
        "spaces": "  ",
        "no JSON": "file=abc",
        "JSON cut short": '{"file": "abc", ',
        "trailing comma": '{"file": "abc",}',
        "single quotes": "{'file': 'abc'}",
        "null": "null",
        "list": "[]",
        "list of requests": '[{"file": "abc"}]',
        "text": '"abc"',
        "number": "7",
        "true": "true",
        "empty object": "{}",
        "same key twice": json.dumps(_image())[:-1] + ', "fileType": 0, "fileType": 1}',
        "comment": '{"file": "abc" /* one */}',
        "two objects": '{"file": "abc"}{"file": "abc"}',
        "nested 500 deep": '{"file": "abc", "more": ' + "[" * 500 + "]" * 500 + "}",
        "nested 100000 deep": "[" * 100_000,
        "number of 5000 digits": '{"file": "abc", "fileType": ' + "1" * 5000 + "}",
        "no UTF-8": b'{"file": "\xff\xfe"}',
        "byte order mark": b"\xef\xbb\xbf" + json.dumps({"file": "abc"}).encode(),
        "UTF-16": json.dumps({"file": "abc"}).encode("utf-16"),
        "UTF-32 little-endian": json.dumps({"file": "abc"}).encode("utf-32-le"),
        "a null byte": b'{"file": "abc"\x00}',
        "half of a surrogate pair": '{"file": "\\ud800", "fileType": 1}',
        "half of a surrogate pair as logId": '{"logId": "\\ud800"}',
    }
    for name, body in bodies.items():
        yield Asked(f"body: {name}", body)


def _content_types() -> Iterator[Asked]:
    kinds = {
        "with charset": "application/json; charset=utf-8",
        "in capitals": "Application/JSON",
        "with another charset": "application/json; charset=latin-1",
        "vendor's JSON": "application/vnd.api+json",
        "text": "text/plain",
        "text/json": "text/json",
        "form": "application/x-www-form-urlencoded",
        "multipart without a boundary": "multipart/form-data",
        "octets": "application/octet-stream",
        "nonsense": "nonsense",
        "empty": "",
    }
    for name, kind in kinds.items():
        yield Asked(f"content type: {name}", _image(), headers={"Content-Type": kind})
    yield Asked("content type: none", _image(), headers={})
    yield Asked("Accept: text/html", _image(), headers={"Content-Type": JSON, "Accept": "text/html"})


def _routes() -> Iterator[Asked]:
    for method in ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "READ"):
        yield Asked(f"{method} /ocr", method=method, headers={})
    yield Asked("PUT /ocr with a request", _image(logId="mine"), method="PUT")
    yield Asked("GET /health", method="GET", path="/health", headers={})
    yield Asked("GET /health with a query", method="GET", path="/health?a=1", headers={})
    for method in ("POST", "HEAD", "OPTIONS"):
        yield Asked(f"{method} /health", method=method, path="/health", headers={})
    for path in ("/", "/nowhere", "/ocr/", "/OCR", "/ocr/x", "/%6fcr", "/ocr%2F", "/layout-parsing", "//ocr"):
        yield Asked(f"POST {path}", _image(), path=path)
    yield Asked("POST /ocr with a query", _image(), path="/ocr?visualize=true")
    for path in ("/", "/nowhere", "/health/"):
        yield Asked(f"GET {path}", method="GET", path=path, headers={})
    for path in ("/docs", "/openapi.json"):
        yield Asked(f"GET {path}", method="GET", path=path, headers={}, whole=False)


def _pipelines() -> Iterator[Asked]:
    """All stages on, and a server with settings of its own."""
    yield Asked("on: image", {"file": "{note.jpg}", "fileType": 1}, pipeline="on")
    yield Asked("on: without pictures", _image(), pipeline="on")
    yield Asked("on: PDF", {"file": "{pages.pdf}", "fileType": 0}, pipeline="on")
    for key in ("useDocOrientationClassify", "useDocUnwarping", "useTextlineOrientation"):
        yield Asked(f"on: {key} false", {"file": "{small.jpg}", "fileType": 1, key: False}, pipeline="on")
    off = dict.fromkeys(("useDocOrientationClassify", "useDocUnwarping", "useTextlineOrientation"), False)
    yield Asked("on: all stages false", {"file": "{small.jpg}", "fileType": 1, **off}, pipeline="on")
    yield Asked("on: words", _image(returnWordBox=True, **off), pipeline="on")
    for visualize in (None, True, False):
        body = {"file": "{note.jpg}", "fileType": 1, "visualize": visualize}
        yield Asked(f"set: visualize {json.dumps(visualize)}", body, pipeline="set")
    yield Asked("set: image", {"file": "{note.jpg}", "fileType": 1}, pipeline="set")
    yield Asked("set: PDF", {"file": "{pages3.pdf}", "fileType": 0}, pipeline="set")
    yield Asked("set: TIFF", {"file": "{pages3.tiff}", "fileType": 1}, pipeline="set")
    for name in ("wide.png", "tall.png"):
        yield Asked(f"set: {name}", {"file": f"{{{name}}}", "fileType": 1, "visualize": True}, pipeline="set")


def send(asked: Asked, server: str, folder: Path, files: str) -> dict[str, Any]:
    """Return what a server answers to a request; ``files`` is the address that stands for ``{url}``."""
    from requests import Request, Session

    content = asked.body if isinstance(asked.body, bytes | str) else _written(asked.body)
    if isinstance(content, str):
        content = WORD.sub(lambda word: _file(folder / word[2], word[1]), content).replace("{url}", files).encode()
    with Session() as session:
        session.trust_env = False
        prepared = session.prepare_request(
            Request(asked.method, server, data=content or None, headers=dict(asked.headers))
        )
        prepared.url = server + asked.path
        if "Content-Type" not in asked.headers:
            prepared.headers.pop("Content-Type", None)
        answer = session.send(prepared, timeout=SECONDS, allow_redirects=False)
    return {
        "status": answer.status_code,
        "headers": {name: answer.headers[name].removeprefix(server) for name in HEADERS if name in answer.headers},
        "body": observed_body(answer.content, files) if asked.whole else None,
    }


def _written(body: Any) -> str:
    return "" if body is None else json.dumps(body, ensure_ascii=False)


def _file(path: Path, how: str | None) -> str:
    content = path.read_bytes()
    text = base64.b64encode(content).decode("ascii")
    if how == "data:":
        return f"data:image/jpeg;base64,{text}"
    if how == "lines:":
        return "\\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    if how == "urlsafe:":
        return base64.urlsafe_b64encode(content).decode("ascii")
    return text.rstrip("=") if how == "unpadded:" else text


def observed_body(content: bytes, files: str) -> Any:
    """Return an answer's body with what differs from run to run named, and each picture as what it shows."""
    try:
        body = json.loads(content)
    except ValueError:
        return {"text": content.decode("utf-8", "replace").replace(files, "{url}")}
    return {"json": observed(body, files)}


def observed(value: Any, files: str, key: str = "") -> Any:
    """Return one value of an answer as it is kept."""
    if key in PICTURES and isinstance(value, str):
        return picture(value)
    if isinstance(value, dict):
        return {name: observed(item, files, name) for name, item in value.items()}
    if isinstance(value, list):
        return [observed(item, files) for item in value]
    if isinstance(value, str):
        value = "{made}" if key == "logId" and UUID.fullmatch(value) else value.replace(files, "{url}")
        return value if len(value) < 1000 else f"{value[:40]}... {len(value)} characters"
    return round(value, DECIMALS) if isinstance(value, float) else value


def picture(text: str) -> dict[str, Any]:
    """Return format, size and mean color of a picture that an answer holds."""
    with Image.open(io.BytesIO(base64.b64decode(text, validate=True))) as image:
        color = np.asarray(image.convert("RGB"), np.float64).mean(axis=(0, 1))
        return {"format": image.format, "size": list(image.size), "color": [round(float(part), 1) for part in color]}
