"""PaddleOCR.js itself, from npm, in Debian's Chromium; its models come from a mirror of ours, on another origin."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread, Timer
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import NEEDS_CHROMIUM
from tests.conftest import NEAR
from tests.core.model_export.conftest import DET, REC
from tests.npm import LEFT_OUT, NPM, node_modules

from ocrzoo.model_export.parity import Difference, differences
from ocrzoo.pipelines.factory import OPTIONAL_STAGES, create_pipeline
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo_registry.zoo import Zoo

pytestmark = [
    pytest.mark.slow,
    pytest.mark.weights,
    pytest.mark.skipif(NPM is None, reason="needs npm"),
    NEEDS_CHROMIUM,
]

PACKAGES = (
    "@paddleocr/paddleocr-js@0.4.2",
    "@techstark/opencv-js@4.10.0-release.1",
    "clipper-lib@6.4.2",
    "js-yaml@4.3.2",
    "onnxruntime-web@1.30.0",
)
BOS = "paddlex/official_inference_model/paddle3.0.0"
START_S = 60.0

PAGE = """<!doctype html>
<link rel="icon" href="data:,">
<script src="/node_modules/clipper-lib/clipper.js"></script>
<script src="/node_modules/@techstark/opencv-js/dist/opencv.js"></script>
<script type="importmap">
{"imports": {
    "@paddleocr/paddleocr-js": "/node_modules/@paddleocr/paddleocr-js/dist/index.mjs",
    "@techstark/opencv-js": "data:text/javascript,export default globalThis.cv",
    "clipper-lib": "data:text/javascript,export default globalThis.ClipperLib",
    "js-yaml": "/node_modules/js-yaml/dist/js-yaml.mjs",
    "onnxruntime-web": "/node_modules/onnxruntime-web/dist/ort.wasm.min.mjs"
}}
</script>
"""
"""What a bundler would do: two packages are no modules, and are loaded as scripts."""

CREATE = """async ([det, detUrl, rec, recUrl]) => {
    const { PaddleOCR } = await import("@paddleocr/paddleocr-js");
    globalThis.ocr = await PaddleOCR.create({
        textDetectionModelName: det,
        textDetectionModelAsset: { url: detUrl },
        textRecognitionModelName: rec,
        textRecognitionModelAsset: { url: recUrl },
        ortOptions: { backend: "wasm", wasmPaths: "/node_modules/onnxruntime-web/dist/", numThreads: 2 },
    });
    const { env } = await import("onnxruntime-web");
    return [crossOriginIsolated, env.wasm.numThreads];
}"""

READ = """async (url) => {
    const [result] = await globalThis.ocr.predict(await (await fetch(url)).blob());
    return result.items.map((item) => item.text);
}"""


class Handler(SimpleHTTPRequestHandler):
    """Serves a page with the headers that threads of WebAssembly need."""

    def guess_type(self, path: Any) -> str:
        known = {".mjs": "text/javascript", ".wasm": "application/wasm"}
        return known.get(Path(path).suffix) or super().guess_type(path)

    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory, pages: dict[str, Path]
) -> Iterator[str]:
    """The address of the page, beside the packages and the pictures."""
    cache = pytestconfig.cache
    assert cache is not None
    folder = tmp_path_factory.mktemp("site")
    (folder / "node_modules").symlink_to(node_modules(cache.mkdir("npm"), *PACKAGES))
    (folder / "index.html").write_text(PAGE)
    for name, path in pages.items():
        shutil.copyfile(path, folder / name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: Handler(*given, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@contextmanager
def serving(folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """Serve a mirror as users do; yields its address."""
    command = [sys.executable, "-m", "ocrzoo", "mirror", "serve", str(folder), "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        late = Timer(START_S, process.kill)
        late.start()
        try:
            assert process.stdout is not None
            found = re.search(r" at (http://\S+) ", process.stdout.readline())
            late.cancel()
            assert found is not None
            yield found[1]
        finally:
            late.cancel()
            process.terminate()


@pytest.fixture(scope="module")
def mirror(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a mirror with the two models, in the layout of BOS too."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(LEFT_OUT)}
    environment = {**kept, "OCRZOO_HOME": str(home), "PADDLE_PDX_MODEL_SOURCE": ",".join(NEAR), "PYTHONUNBUFFERED": "1"}
    folder = tmp_path_factory.mktemp("mirror") / "models"
    build = [sys.executable, "-m", "ocrzoo", "mirror", "build", str(folder), DET, REC, "--format", "onnx"]
    subprocess.run(build, env=environment, check=True, capture_output=True, timeout=300)
    with serving(folder, environment) as address:
        yield address


@pytest.fixture(scope="module")
def read(site: str, mirror: str, browser: Browser) -> Iterator[Callable[[str], list[str]]]:
    """Reads a page with PaddleOCR.js, which asks nobody but its own site and the mirror."""
    asked: set[str] = set()
    page = browser.new_page()
    page.on("request", lambda request: asked.add(urlsplit(request.url)._replace(query="").geturl()))
    page.goto(site)
    assert created(page, mirror) == [True, 2]
    yield lambda name: page.evaluate(READ, f"/{name}")
    page.close()
    elsewhere = {url for url in asked if not url.startswith((f"{site}/", "data:", "blob:"))}
    assert elsewhere == {f"{mirror}/{BOS}/{name}_onnx_infer.tar" for name in (DET, REC)}


def created(page: Page, mirror: str) -> list[Any]:
    given = [part for name in (DET, REC) for part in (name, f"{mirror}/{BOS}/{name}_onnx_infer.tar")]
    answer: list[Any] = page.evaluate(CREATE, given)
    return answer


@pytest.fixture(scope="module")
def pipeline(zoo: Zoo) -> OCRPipeline:
    """The same models in Python."""
    models: dict[str, Any] = {"text_detection_model_name": DET, "text_recognition_model_name": REC}
    stages: dict[str, Any] = dict.fromkeys(OPTIONAL_STAGES, False)
    made: OCRPipeline = create_pipeline("OCR", zoo=zoo, precision="float32", **models, **stages)
    return made


def in_python(pipeline: OCRPipeline, path: Path) -> list[str]:
    return [text for result in pipeline.predict(str(path)) for text in result["rec_texts"]]


def test_it_reads_the_page_that_python_reads(
    read: Callable[[str], list[str]], pipeline: OCRPipeline, sample: Path
) -> None:
    texts = read(sample.name)
    assert len(texts) == 9
    assert texts == in_python(pipeline, sample)


DIFFER = {
    "chinese_mixed.png": [
        Difference(
            ["版本v2.5，共18385类，准确率81.3%", "地址：模型路42号（北门)"],
            ["版本v2.5，共18385 类，准确率81.3%", "地址：模型路 42号(北门)"],
        )
    ],
    "tiny.png": [Difference(["7.4"], ["74"])],
    "turned_sideways.png": [Difference(["Read me from below"], ["Moeq olf el peae"])],
    "wide_line.png": [Difference(["5 6 7 8 910 11"], ["5 6 7 8 9 10 11"])],
}
"""What docs/export.md explains; of the last, the part that differs."""
SAME = {"english_paragraph.png", "long_strip.png", "no_text.png", "number_table.png", "rotated.png", "sample.png"}


@pytest.mark.thorough
def test_where_it_reads_a_page_otherwise(
    read: Callable[[str], list[str]], pipeline: OCRPipeline, pages: dict[str, Path]
) -> None:
    found = {name: differences(in_python(pipeline, path), read(name)) for name, path in pages.items()}
    assert {name for name, unlike in found.items() if not unlike} == SAME
    (wide,) = found.pop("wide_line.png")
    (part,) = DIFFER["wide_line.png"]
    assert wide.ocrzoo[0].replace(part.ocrzoo[0], part.exported[0]) == wide.exported[0]
    assert {name: unlike for name, unlike in found.items() if unlike} == {
        name: unlike for name, unlike in DIFFER.items() if name != "wide_line.png"
    }, json.dumps({name: [vars(one) for one in unlike] for name, unlike in found.items()}, ensure_ascii=False)
