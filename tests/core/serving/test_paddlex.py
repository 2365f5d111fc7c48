"""``POST /ocr`` as PaddleX has it."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import cv2
import PIL.Image
import pytest
from pydantic.alias_generators import to_snake
from tests.core.pipelines import test_split_columns
from tests.core.serving.conftest import Server, StartServer, pdf, tiff
from tests.fonts import needs_fonts

from ocrzoo.pipelines.predict_params import OCRSettings
from ocrzoo.serving.dialects.paddlex_request import PredictOptions


def as_text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def ask(server: Server, content: bytes, path: str = "/ocr", **keys: Any) -> dict[str, Any]:
    answer = server.post(path, json={"file": as_text(content), **keys})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def texts(answer: dict[str, Any]) -> list[list[str]]:
    return [page["prunedResult"]["rec_texts"] for page in answer["result"]["ocrResults"]]


def picture(text: str) -> PIL.Image.Image:
    return PIL.Image.open(io.BytesIO(base64.b64decode(text)))


def test_an_answer_has_paddlexs_keys_in_its_order(server: Server, sentence: bytes) -> None:
    answer = ask(server, sentence, fileType=1, logId="mine")
    assert list(answer) == ["logId", "result", "errorCode", "errorMsg"]
    assert (answer["logId"], answer["errorCode"], answer["errorMsg"]) == ("mine", 0, "Success")
    assert list(answer["result"]) == ["ocrResults", "dataInfo"]
    assert answer["result"]["dataInfo"] == {"width": 320, "height": 64, "type": "image"}
    (page,) = answer["result"]["ocrResults"]
    assert list(page) == ["prunedResult", "ocrImage", "inputImage"]
    assert {"input_path", "page_index"}.isdisjoint(page["prunedResult"])
    assert page["prunedResult"]["rec_texts"] == ["Hello 2026"]


def test_pictures_are_jpegs_no_larger_than_the_server_allows(start_server: StartServer, sentence: bytes) -> None:
    server = start_server()
    (page,) = ask(server, sentence)["result"]["ocrResults"]
    assert (picture(page["inputImage"]).format, picture(page["inputImage"]).size) == ("JPEG", (320, 64))
    (page,) = ask(server, sentence, maxImageSize=[100, 100])["result"]["ocrResults"]
    assert picture(page["inputImage"]).size == (100, 20)


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ({"visualize": False}, set()),
        ({"visualize": True}, {"ocrImage", "inputImage"}),
        ({"visualize": None}, {"ocrImage", "inputImage"}),
        ({"images": ["inputImage"]}, {"inputImage"}),
        ({"images": [], "visualize": True}, set()),
    ],
)
def test_pictures_are_left_out_if_they_are_not_asked_for(
    server: Server, sentence: bytes, keys: dict[str, Any], names: set[str]
) -> None:
    (page,) = ask(server, sentence, **keys)["result"]["ocrResults"]
    assert set(page) - {"prunedResult"} == names


def test_every_parameter_of_predict_has_a_key() -> None:
    assert set(map(to_snake, PredictOptions.model_fields)) == set(OCRSettings.__annotations__)


def test_parameters_are_those_of_predict(server: Server, sentence: bytes) -> None:
    keys: dict[str, Any] = {
        "textDetLimitSideLen": 32,
        "textDetLimitType": "max",
        "textDetThresh": 0.2,
        "textDetBoxThresh": 0.5,
    }
    keys |= {"textDetUnclipRatio": 1.7, "textRecScoreThresh": 0.1, "returnWordBox": True}
    (page,) = ask(server, sentence, visualize=False, **keys)["result"]["ocrResults"]
    found = page["prunedResult"]
    params = {"limit_side_len": 32, "limit_type": "max", "thresh": 0.2, "box_thresh": 0.5, "unclip_ratio": 1.7}
    assert found["text_det_params"].items() >= params.items()
    assert (found["text_rec_score_thresh"], found["return_word_box"]) == (0.1, True)


def test_a_score_threshold_of_one_leaves_nothing(server: Server, sentence: bytes) -> None:
    assert texts(ask(server, sentence, visualize=False, textRecScoreThresh=1)) == [[]]


def test_a_document_has_a_result_for_each_page(server: Server) -> None:
    answer = ask(server, pdf("Alpha", "Bravo", "Charlie"), fileType=0, visualize=False)
    assert texts(answer) == [["Alpha"], ["Bravo"], ["Charlie"]]
    sizes = [{"width": 640, "height": 160}] * 3
    assert answer["result"]["dataInfo"] == {"numPages": 3, "pages": sizes, "type": "pdf", "totalPages": 3}


def test_a_document_that_was_cut_says_so(server: Server) -> None:
    content = pdf(*(f"Page {number}" for number in range(12)))
    answer = server.post(json={"file": as_text(content), "fileType": 0, "visualize": False})
    result = answer.json()["result"]
    assert len(result["ocrResults"]) == 10
    assert (result["dataInfo"]["numPages"], result["dataInfo"]["totalPages"]) == (10, 12)
    assert result["warnings"] == ["10 of 12 pages were read: a limit of the server or of the request"]
    assert answer.headers["X-Total-Pages"] == "12"


def test_a_tiff_of_several_pages_is_a_document_and_one_of_a_single_page_an_image(server: Server) -> None:
    assert ask(server, tiff(2), fileType=1, visualize=False)["result"]["dataInfo"]["type"] == "tiff"
    info = ask(server, tiff(1), fileType=1, visualize=False)["result"]["dataInfo"]
    assert info == {"width": 64, "height": 48, "type": "image"}


def test_the_type_of_a_file_is_seen_from_its_content(server: Server, sentence: bytes) -> None:
    assert texts(ask(server, sentence, visualize=False)) == [["Hello 2026"]]
    assert texts(ask(server, pdf("Alpha"), visualize=False)) == [["Alpha"]]


@pytest.mark.parametrize(
    "form", ["data:image/png;base64,{}", "{}\n", "\t{}"], ids=["a data URI", "a line break", "white space"]
)
def test_files_may_be_written_in_several_ways(server: Server, sentence: bytes, form: str) -> None:
    answer = server.post(json={"file": form.format(as_text(sentence)), "visualize": False})
    assert texts(answer.json()) == [["Hello 2026"]]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"file": "a text of no file", "fileType": 1}, "file: neither base64 nor a URL"),
        ({"file": as_text(b"just text"), "fileType": 1}, "not a"),
        ({"file": "", "fileType": 1}, "the file is empty"),
        ({"file": as_text(b"%PDF-1.7 and nothing"), "fileType": 0}, ""),
        ({"file": as_text(b"%PDF-1.7"), "fileType": 1}, "the file is said to be an image (fileType 1), and is a PDF"),
        ({"file": "http://127.0.0.1/page.png", "fileType": 1}, "URLs are not downloaded by this server"),
        ({"file": "data:,", "fileType": 1}, "the file is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(server: Server, keys: dict[str, Any], message: str) -> None:
    answer = server.post(json={**keys, "logId": "mine"})
    body = answer.json()
    assert answer.status_code == body["errorCode"] in {403, 422}
    assert body["errorMsg"].startswith(message)
    assert "\n" not in body["errorMsg"]
    assert body["logId"] == "mine"
    assert list(body) == ["logId", "errorCode", "errorMsg", "code"]


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ("", [{"type": "missing", "loc": "body", "msg": "Field required"}]),
        ('{"file": ', [{"type": "json_invalid", "loc": "body[9]", "msg": "JSON decode error"}]),
        ("{}", [{"type": "missing", "loc": "body.file", "msg": "Field required"}]),
        ('{"file": 1}', [{"type": "string_type", "loc": "body.file", "msg": "Input should be a valid string"}]),
        (
            '{"file": "", "images": ["x"]}',
            [
                {
                    "type": "literal_error",
                    "loc": "body.images[0]",
                    "msg": "Input should be 'ocrImage', 'docPreprocessingImage' or 'inputImage'",
                }
            ],
        ),
        (
            '{"file": "", "upscale": 9, "allow": ["a", 3]}',
            [
                {"type": "string_type", "loc": "body.allow[1]", "msg": "Input should be a valid string"},
                {
                    "type": "less_than_equal",
                    "loc": "body.upscale",
                    "msg": "Input should be a number of 4 or less, or 'auto'",
                },
            ],
        ),
    ],
)
def test_a_request_that_is_not_valid_says_where(server: Server, body: str, errors: list[dict[str, str]]) -> None:
    answer = server.post(data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert json.loads(answer.json()["errorMsg"]) == errors


def test_a_parameter_that_makes_no_sense_says_what_is_needed(server: Server, sentence: bytes) -> None:
    answer = server.post(json={"file": as_text(sentence), "textDetThresh": 7})
    assert answer.status_code == 422
    assert answer.json()["errorMsg"] == "text_det_thresh=7.0: a number from 0 to 1 is needed"


def test_a_stage_whose_model_is_not_here_is_refused_without_a_download(server: Server, sentence: bytes) -> None:
    answer = server.post(json={"file": as_text(sentence), "useDocUnwarping": True})
    assert (answer.status_code, answer.json()["code"]) == (422, "model_unavailable")
    assert answer.json()["errorMsg"].startswith("this server has no model for use_doc_unwarping")


@pytest.mark.parametrize("kind", ["text/html", "application/x-www-form-urlencoded"])
def test_a_file_with_the_type_of_something_else_is_415(server: Server, sentence: bytes, kind: str) -> None:
    answer = server.post(data=sentence, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")
    assert "Content-Type, such as image/png" in answer.json()["errorMsg"]


def test_paths_and_methods_that_do_not_exist_are_answered_as_paddlex_does(server: Server) -> None:
    missing, wrong = server.get("/nowhere"), server.get("/ocr")
    assert (missing.status_code, missing.json()["errorMsg"]) == (404, "Not Found")
    assert (wrong.status_code, wrong.json()["errorMsg"]) == (405, "Method Not Allowed")
    assert wrong.headers["Allow"] == "POST"


def test_health_is_paddlexs(server: Server) -> None:
    answer = server.get("/health").json()
    assert (answer["errorCode"], answer["errorMsg"]) == (0, "Healthy")


def test_the_nodejs_example_of_paddlex_gets_what_it_reads(server: Server, sentence: bytes) -> None:
    answer = ask(server, sentence, "/layout-parsing", fileType=1)
    (page,) = answer["result"]["layoutParsingResults"]
    assert page["prunedResult"]["rec_texts"] == ["Hello 2026"]
    assert picture(page["outputImages"]["ocr_res_img"]).format == "JPEG"


def test_one_bad_page_costs_only_itself(server: Server) -> None:
    broken = tiff(3)[:-100]  # the last page breaks off
    answer = ask(server, broken, visualize=False)
    assert texts(answer) == [[], [], []]
    first, _, last = answer["result"]["ocrResults"]
    assert "error" not in first
    assert last["error"] in answer["result"]["warnings"]


class TestConfiguration:
    """``Serving`` of the pipeline's configuration."""

    @pytest.fixture
    def configured(self, start_server: StartServer, tmp_path: Any) -> Any:
        import yaml

        from ocrzoo.pipelines.config import default_ocr

        def start(serving: dict[str, Any]) -> Server:
            config = {**default_ocr(), "Serving": serving, "use_textline_orientation": False}
            config["use_doc_preprocessor"] = False
            path = tmp_path / "OCR.yaml"
            path.write_text(yaml.safe_dump(config))
            return start_server("--pipeline", str(path))

        return start

    def test_it_says_how_many_pages_are_read_and_whether_pictures_are_sent(self, configured: Any) -> None:
        server = configured({"visualize": False, "extra": {"max_num_input_imgs": 2}})
        result = ask(server, pdf("Alpha", "Bravo", "Charlie"))["result"]
        assert [list(page) for page in result["ocrResults"]] == [["prunedResult"]] * 2
        assert result["dataInfo"]["totalPages"] == 3

    def test_null_lifts_the_limit_of_pages(self, configured: Any) -> None:
        server = configured({"extra": {"max_num_input_imgs": None, "max_output_img_size": [100, 100]}})
        result = ask(server, pdf(*("abcdefghijkl")))["result"]
        assert len(result["ocrResults"]) == 12
        assert picture(result["ocrResults"][0]["inputImage"]).size == (100, 25)


def test_what_is_known_of_lines_is_obeyed_and_characters_are_returned(server: Server, sentence: bytes) -> None:
    ((digits,),) = texts(ask(server, sentence, visualize=False, allow="0-9"))
    assert digits.endswith("2026")
    assert set(digits) <= set("0123456789 ")
    assert texts(ask(server, sentence, visualize=False, lexicon=["Hello 2025", "Hello 2026"])) == [["Hello 2026"]]
    assert texts(ask(server, sentence, visualize=False, patterns=[r"\w+ \d{4}"])) == [["Hello 2026"]]
    answer = ask(server, sentence, visualize=False, returnChars=True, alternatives=2)
    (page,) = answer["result"]["ocrResults"]
    assert "".join(one["text"] for one in page["prunedResult"]["rec_chars"][0]) == "Hello 2026"
    assert len(page["prunedResult"]["rec_alternatives"][0]) == 2


def test_paragraphs_are_returned_where_they_are_asked_for(server: Server, sentence: bytes) -> None:
    options: tuple[dict[str, Any], ...] = ({"returnParagraphs": True}, {"dehyphenate": True, "restoreSpaces": True})
    for asked in options:
        (page,) = ask(server, sentence, visualize=False, **asked)["result"]["ocrResults"]
        (part,) = page["prunedResult"]["paragraphs"]
        assert (part["kind"], part["text"], part["lines"]) == ("text", "Hello 2026", [0])


@needs_fonts
def test_lines_across_columns_are_split_where_it_is_asked_for(server: Server, sentence: bytes) -> None:
    pixels = cv2.imencode(".png", test_split_columns.page())[1].tobytes()
    usual, split = (texts(ask(server, pixels, visualize=False, splitColumns=asked)) for asked in (False, True))
    assert len(usual[0]) < len(split[0]) == 12
    assert server.post("/ocr", json={"file": as_text(sentence), "splitColumns": "much"}).status_code == 422


def test_pages_that_are_hard_to_read_are_enlarged_and_enhanced(server: Server, sentence: bytes) -> None:
    for upscale in (1.5, "auto"):
        answer = ask(server, sentence, visualize=False, upscale=upscale, enhance=True, returnScripts=True)
        (page,) = answer["result"]["ocrResults"]
        assert page["prunedResult"]["rec_scripts"] == ["Latn"]
        assert texts(answer) == [["Hello 2026"]]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"upscale": 5}, "upscale"),
        ({"upscale": "much"}, "upscale"),
        ({"upscale": True}, "upscale"),
        ({"patterns": "("}, "is not valid"),
        ({"allow": r"\\p{X_X}"}, "allow"),
        ({"alternatives": 1000}, "alternatives"),
        ({"lexicon": "word"}, "lexicon"),
    ],
)
def test_a_mistake_in_what_is_known_is_the_clients(
    server: Server, sentence: bytes, keys: dict[str, Any], message: str
) -> None:
    answer = server.post("/ocr", json={"file": as_text(sentence), **keys})
    assert 400 <= answer.status_code < 500
    assert message in answer.json()["errorMsg"]
