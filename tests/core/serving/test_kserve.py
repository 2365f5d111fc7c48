"""KServe's protocol v2 with Triton's client, and the tensors that docling sends."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.serving.conftest import FIRST_WORDS
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

pytestmark = pytest.mark.weights
TIMEOUT_S = 120


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    """Triton's client."""
    made = InferenceServerClient(url.removeprefix("http://"), connection_timeout=TIMEOUT_S, network_timeout=TIMEOUT_S)
    yield made
    made.close()


def tensor(name: str, values: Sequence[bytes | str]) -> Any:
    """A tensor of byte strings."""
    made = InferInput(name, [len(values)], "BYTES")
    made.set_data_from_numpy(np.array(values, object))
    return made


def texts(array: NDArray[Any]) -> list[str]:
    return [value.decode() for value in array.tolist()]


def post(url: str, body: Any, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    return httpx.post(f"{url}/v2/models/ocr/infer", content=content, headers=sent, timeout=TIMEOUT_S)


def test_tritons_client_sees_a_server_that_is_ready(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("ocr")
    assert not client.is_model_ready("another")
    assert client.get_server_metadata()["name"] == "ocrzoo"
    described = client.get_model_metadata("ocr", model_version="1")
    assert {"text", "boxes", "scores", "json"} < {one["name"] for one in described["outputs"]}


def test_tritons_client_reads_an_image(client: Any, sample: Path) -> None:
    answer = client.infer("ocr", [tensor("images", [sample.read_bytes()]), tensor("lang", ["en"])], request_id="7")
    assert answer.get_response()["id"] == "7"
    (text,) = texts(answer.as_numpy("text"))
    lines = texts(answer.as_numpy("txts"))
    assert text.splitlines() == lines
    assert lines[0].startswith(FIRST_WORDS)
    assert answer.as_numpy("lines").tolist() == [len(lines)]
    assert answer.as_numpy("boxes").shape == (len(lines), 4, 2)
    assert 0.9 < answer.as_numpy("scores").min() <= 1
    (result,) = (json.loads(one) for one in texts(answer.as_numpy("json")))
    assert sorted(result["rec_texts"]) == sorted(lines)
    assert texts(answer.as_numpy("markdown"))[0].startswith(FIRST_WORDS)


@pytest.mark.parametrize("binary", [True, False])
def test_tritons_client_reads_a_batch(client: Any, sample: Path, pages: dict[str, Path], binary: bool) -> None:
    files = [sample.read_bytes(), pages["english_paragraph.png"].read_bytes()]
    wanted = [InferRequestedOutput(name, binary_data=binary) for name in ("text", "pages")]
    answer = client.infer("ocr", [tensor("images", files)], outputs=wanted)
    first, second = texts(answer.as_numpy("text")) if binary else answer.as_numpy("text").tolist()
    assert first.startswith(FIRST_WORDS)
    assert second.startswith("We the People of the United States")
    assert answer.as_numpy("pages").tolist() == [[0, 0], [1, 0]]
    assert [one["name"] for one in answer.get_response()["outputs"]] == ["text", "pages"]


def test_tritons_client_reads_a_pdf(client: Any, three_pages: bytes) -> None:
    answer = client.infer("ocr", [tensor("images", [three_pages])])
    assert answer.as_numpy("pages").tolist() == [[0, 0], [0, 1], [0, 2]]
    assert texts(answer.as_numpy("text"))[1].startswith("We the People of the United States")


def test_a_page_without_text_has_empty_tensors(client: Any, pages: dict[str, Path]) -> None:
    answer = client.infer("ocr", [tensor("images", [pages["no_text.png"].read_bytes()])])
    assert texts(answer.as_numpy("text")) == [""]
    assert answer.as_numpy("boxes").shape == (0, 4, 2)


@pytest.mark.parametrize("binary", [True, False])
def test_pixels_and_a_language_as_docling_sends_them(client: Any, sample: Path, binary: bool) -> None:
    picture = cv2.imread(str(sample))
    assert picture is not None
    rgb = np.ascontiguousarray(picture[:100, :, ::-1])[None]
    image = InferInput("image", list(rgb.shape), "UINT8")
    image.set_data_from_numpy(rgb, binary_data=binary)
    language = InferInput("lang_type", [1, 1], "BYTES")
    language.set_data_from_numpy(np.array([["en"]], object), binary_data=binary)
    wanted = [InferRequestedOutput(name, binary_data=True) for name in ("boxes", "txts", "scores")]
    answer = client.infer("ocr", [language, image], outputs=wanted)
    (line,) = texts(answer.as_numpy("txts"))
    assert line.startswith(FIRST_WORDS)
    assert answer.as_numpy("boxes").shape == (1, 4, 2)


def test_json_alone_is_enough(url: str, sample: Path) -> None:
    image = base64.b64encode(sample.read_bytes()).decode()
    answer = post(url, {"inputs": [{"name": "images", "datatype": "BYTES", "shape": [1, 1], "data": [[image]]}]}).json()
    assert answer["model_name"] == "ocr"
    outputs = {one["name"]: one for one in answer["outputs"]}
    assert outputs["text"]["data"][0].startswith(FIRST_WORDS)
    assert len(outputs["boxes"]["data"]) == 8 * outputs["lines"]["data"][0]


def test_a_file_that_cannot_be_read_is_named(client: Any, sample: Path) -> None:
    with pytest.raises(InferenceServerException, match="file 1: not an image"):
        client.infer("ocr", [tensor("images", [sample.read_bytes(), b"nonsense"])])


def test_only_one_model_is_there(client: Any) -> None:
    with pytest.raises(InferenceServerException, match="there is only the model 'ocr'"):
        client.infer("another", [tensor("images", [b"x"])])


IMAGES = {"name": "images", "datatype": "BYTES", "shape": [1], "data": ["AAAA"]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "body: invalid JSON"),
        ({"inputs": []}, "body.inputs: list should have at least 1 item"),
        ({"inputs": [{**IMAGES, "name": "x"}]}, "no input has the name 'x'"),
        ({"inputs": [IMAGES], "outputs": [{"name": "x"}]}, "no output has the name 'x'"),
        ({"inputs": [{**IMAGES, "shape": [2]}]}, "the shape has 2 elements, and the data 1"),
        ({"inputs": [{**IMAGES, "shape": [10**9, 10**9]}]}, "1 to 64 elements are needed"),
        ({"inputs": [{**IMAGES, "shape": [-1, -1]}]}, "negative size"),
        ({"inputs": [{**IMAGES, "datatype": "FP32"}]}, "must be BYTES"),
        ({"inputs": [{**IMAGES, "data": [1]}]}, "the data are not strings"),
        ({"inputs": [{**IMAGES, "parameters": {"binary_data_size": 10**9}}]}, "not that of the bytes sent"),
        ({"inputs": [{**IMAGES, "parameters": {"binary_data_size": -4}}]}, "not that of the bytes sent"),
        ({"inputs": [{"name": "image", "datatype": "UINT8", "shape": [2, 2, 1], "data": [0] * 4}]}, "with RGB"),
        ({"inputs": [{"name": "image", "datatype": "UINT8", "shape": [1, 1, 3], "data": [0, 0, 256]}]}, "0 to 255"),
        ({"inputs": [{"name": "image", "datatype": "UINT8", "shape": [9, 9, 3], "data": [0]}]}, "243 elements"),
    ],
)
def test_errors_have_kserves_shape(url: str, body: Any, message: str) -> None:
    answer = post(url, body)
    assert answer.status_code == 422
    assert message in answer.json()["error"]


def binary(content: bytes, shape: Sequence[int]) -> tuple[bytes, dict[str, str]]:
    """A request whose tensor is behind its JSON, and its headers."""
    images = {"name": "images", "datatype": "BYTES", "shape": shape, "parameters": {"binary_data_size": len(content)}}
    head = json.dumps({"inputs": [images]}).encode()
    return head + content, {"Inference-Header-Content-Length": str(len(head))}


@pytest.mark.parametrize(
    ("content", "shape", "message"),
    [
        (b"\xff\xff\xff\xffab", [1], "the data break off"),
        (b"\x00\x00", [1], "the data break off"),
        (bytes(4 * 100), [1], "the data 65"),
        (bytes(4), [1], "the file is empty"),
        (struct.pack("<I", 1) + b"x", [2], "the data 1"),
    ],
)
def test_bytes_that_are_no_tensor_are_an_error(url: str, content: bytes, shape: list[int], message: str) -> None:
    body, headers = binary(content, shape)
    answer = post(url, body, **headers)
    assert answer.status_code == 422
    assert message in answer.json()["error"]


@pytest.mark.parametrize("length", ["-1", "99999999", "1" * 5000, "x", "²"])
def test_a_size_of_the_json_that_is_none_is_an_error(url: str, length: str) -> None:
    answer = post(url, b"{}", **{"Inference-Header-Content-Length": length})
    assert answer.status_code == 422
    assert "Inference-Header-Content-Length" in answer.json()["error"]
