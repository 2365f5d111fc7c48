"""The folder of the page: scripts, style, the runtime's WebAssembly, and the weights, unless a mirror serves them."""

from __future__ import annotations

import html
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from ocrzoo import theme
from ocrzoo.model_export import layouts
from ocrzoo.model_export.targets import DETECTION, RECOGNITION, Model, Options, Placed
from ocrzoo.model_export.web import toolchain
from ocrzoo.model_export.web.settings import reader_settings
from ocrzoo_registry.errors import SourceError, UsageError
from ocrzoo_registry.files import receive
from ocrzoo_registry.index.schema import BLOBS
from ocrzoo_registry.network.urls import authorization, quoted
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.manifest import StoredFile

ROLES = {DETECTION: "det", RECOGNITION: "rec"}
RUNTIME = "onnxruntime-web/dist"
RUNTIME_FILES = tuple(
    f"ort-wasm-simd-threaded{kind}.{suffix}" for kind in ("", ".asyncify") for suffix in ("mjs", "wasm")
)
"""ONNX Runtime: on WebAssembly alone, and with WebGPU."""
LICENSES = ("onnxruntime-web", "@techstark/opencv-js", "clipper-lib")
"""The packages of which the page has a part."""
_HOST = re.compile(r"([A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?")
"""A host and its port, if any: it becomes a part of the page's policy."""


def lay_out(models: Sequence[Model], folder: Path, options: Options) -> list[Placed]:
    """Write the page; ``models`` are one for detection and one for recognition.

    Raises:
        UsageError: The page cannot run a model, Node.js is missing, or the mirror is not an http(s) URL.
        SourceError: npm could not fetch the packages.
    """
    mirror = None if options.mirror is None else _address_of(options.mirror)
    settings = reader_settings(models, lambda model, file: _address(model, file, mirror))
    modules = toolchain.packages(Settings.from_environment())
    toolchain.bundle(modules, folder)
    for name in RUNTIME_FILES:
        _copy(modules / RUNTIME / name, folder / "runtime" / name)
    for path in (toolchain.SITE / "style.css", *theme.FOLDER.iterdir()):
        _copy(path, folder / path.name)
    _write(folder / "reader.json", json.dumps(settings, ensure_ascii=False, separators=(",", ":")))
    _write(folder / "index.html", _index(mirror))
    _write(folder / "licenses.txt", _licenses(modules))
    return [] if mirror else [layouts.copied(model, folder, _place(model)) for model in models]


def _address(model: Model, file: StoredFile, mirror: str | None) -> str:
    return f"{_place(model)}/{file.path}" if mirror is None else f"{mirror}/{BLOBS}/{file.sha256}"


def _place(model: Model) -> str:
    return f"models/{ROLES[model.card.task]}"


def _address_of(mirror: str) -> str:
    """The mirror's URL as it is requested, without a slash at its end."""
    try:
        url = quoted(mirror)
    except SourceError as error:
        raise UsageError(f"--mirror: {error}") from error
    if not re.match("https?://", url) or set("?#") & set(url) or not _HOST.fullmatch(urlsplit(url).netloc):
        raise UsageError("--mirror: the URL of a mirror is needed, such as https://mirror.example")
    if authorization(mirror) is not None:
        raise UsageError("--mirror: the page would show user and password to everybody: give the URL without them")
    return url.rstrip("/")


def _index(mirror: str | None) -> str:
    """The page; its policy lets the browser connect to where it came from, and to the mirror."""
    parts = urlsplit(mirror or "")
    other = f" {parts.scheme}://{parts.netloc}" if mirror else ""
    text = (toolchain.SITE / "index.html").read_text(encoding="utf-8")
    return text.replace("%MIRROR%", html.escape(other))


def _licenses(modules: Path) -> str:
    """Name, version and license of what the page has parts of, and the license's text where the package has it."""
    texts = []
    for name in LICENSES:
        about = json.loads((modules / name / "package.json").read_text(encoding="utf-8"))
        texts.append(f"{name} {about['version']}, license: {about['license']}\n")
        texts.extend(path.read_text(encoding="utf-8") for path in sorted((modules / name).glob("LICENSE*")))
    return "\n".join(texts)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _write(path: Path, text: str) -> None:
    receive([text.encode()], path)
