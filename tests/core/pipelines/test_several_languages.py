"""Several languages at once, on networks that stand in for real ones: black lines are Latin, gray ones Cyrillic."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.stand_ins import StandIn, StandInLoader

from ocrzoo import create_pipeline
from ocrzoo.pipelines.config import checked, default_ocr, models_of
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.pipelines.schema import OCRConfig, Reader
from ocrzoo.predictors.recognition import TextRecognizer
from ocrzoo.results.ocr import OCRResult
from ocrzoo_registry.cards.fields import Task
from ocrzoo_registry.errors import UnknownLanguage, UsageError
from ocrzoo_registry.zoo import Zoo

Array = NDArray[np.float32]
Paper = NDArray[np.uint8]

LATIN, CYRILLIC, ARABIC = "PP-OCRv5_mobile_rec", "eslav_PP-OCRv5_mobile_rec", "arabic_PP-OCRv5_mobile_rec"
LETTERS = {LATIN: "stone", CYRILLIC: "ждать", ARABIC: "بحر"}
GREY, LIGHT_GREY = 60, 100


def network(letters: str, tone: int) -> Callable[[Array], Array]:
    """Reads its letters over and over, surely where the ink is of its tone."""

    def compute(batch: Array) -> Array:
        output = np.zeros((len(batch), batch.shape[3] // 8, len(letters) + 2), np.float32)
        output[:, :, 0] = 1
        for line, found in zip(batch, output, strict=True):
            seen = abs((line[0].min() + 1) * 127.5 - tone) < 8
            filled = int((line[0] != 0).any(axis=0).sum()) // 8
            for column in range(0, filled, 2):
                found[column] = 0
                found[column, 1 + column // 2 % len(letters)] = 0.97 if seen else 0.6
        return output

    return compute


@dataclass(frozen=True)
class SeveralLoader(StandInLoader):
    """Loads a reader for each script."""

    sessions: dict[str, list[StandIn]] = field(default_factory=dict)

    def predictor(self, name: str | None, task: Task, model_dir: str | Path | None = None) -> Any:
        if name not in LETTERS:
            return super().predictor(name, task, model_dir)
        tones = {LATIN: 0, CYRILLIC: GREY, ARABIC: LIGHT_GREY}
        session = StandIn(network(LETTERS[name], tones[name]))
        self.sessions.setdefault(name, []).append(session)
        return TextRecognizer(
            self.zoo.models.get(name), {"PostProcess": {"character_dict": list(LETTERS[name])}}, session
        )


def config_of(*readers: tuple[str, list[str]], **recognition: Any) -> OCRConfig:
    config = default_ocr()
    config.update(use_doc_preprocessor=False, use_textline_orientation=False)
    (name, languages), *others = readers
    config["SubModules"]["TextRecognition"].update(
        model_name=name,
        languages=languages,
        others=[{"model_name": name, "languages": languages} for name, languages in others],
        **recognition,
    )
    return checked(OCRConfig, config, "a test")


@pytest.fixture
def loader(zoo: Zoo) -> SeveralLoader:
    return SeveralLoader(zoo)


@pytest.fixture
def mixed(paper: Paper) -> Paper:
    """The page with three lines, of which the second is gray."""
    paper[41:60, 180:260] = GREY
    return paper


def tags(reader: Reader) -> tuple[str, ...]:
    return tuple(language.tag for language in reader.languages)


def read(pipeline: OCRPipeline, page: Any, **parameters: Any) -> OCRResult:
    (result,) = pipeline.predict(page, **parameters)
    return result


class TestReading:
    """Each line goes to the model that can read it."""

    @pytest.fixture
    def pipeline(self, loader: SeveralLoader) -> OCRPipeline:
        return OCRPipeline(config_of((LATIN, ["en"]), (CYRILLIC, ["ru"])), loader)

    def test_by_model_and_language(self, pipeline: OCRPipeline, mixed: Paper) -> None:
        result = read(pipeline, mixed)
        assert result["rec_models"] == [LATIN, CYRILLIC, LATIN]
        assert result["rec_languages"] == ["en", "ru", "en"]
        assert [text[:3] for text in result["rec_texts"]] == ["sto", "жда", "sto"]
        assert result["rec_scores"] == pytest.approx([0.97] * 3)
        assert result.json["res"]["rec_languages"] == ["en", "ru", "en"]

    def test_only_unsettled_lines_are_read_twice(
        self, pipeline: OCRPipeline, loader: SeveralLoader, mixed: Paper
    ) -> None:
        read(pipeline, mixed)
        counts = {name: sum(map(len, session.batches)) for name, (session,) in loader.sessions.items()}
        assert counts == {LATIN: 3, CYRILLIC: 1}

    def test_words_lie_within_their_lines(self, pipeline: OCRPipeline, mixed: Paper) -> None:
        result = read(pipeline, mixed, return_word_box=True)
        for words, texts, (left, top, right, bottom), line in zip(
            result["text_word_boxes"], result["text_word"], result["rec_boxes"], result["rec_texts"], strict=True
        ):
            assert "".join(texts) == line
            assert (words[:, :2] >= (left - 1, top - 1)).all()
            assert (words[:, 2:] <= (right + 1, bottom + 1)).all()

    def test_lines_below_the_threshold_are_left_out_with_their_language(
        self, pipeline: OCRPipeline, mixed: Paper
    ) -> None:
        mixed[41:60, 180:260] = LIGHT_GREY  # nobody reads that surely
        result = read(pipeline, mixed, text_rec_score_thresh=0.9)
        assert result["rec_models"] == [LATIN, LATIN]
        assert len(result["rec_languages"]) == len(result["rec_texts"]) == 2

    def test_right_to_left_lines_are_turned_and_others_are_not(self, loader: SeveralLoader, mixed: Paper) -> None:
        mixed[120:140, 30:260] = LIGHT_GREY
        pipeline = OCRPipeline(config_of((LATIN, ["en"]), (CYRILLIC, ["ru"]), (ARABIC, ["ar"])), loader)
        result = read(pipeline, mixed)
        assert result["rec_languages"] == ["en", "ru", "ar"]
        assert "رحب" in result["rec_texts"][2]  # the network read it from the left
        page = result.text_page()
        assert [line.direction for line in page.lines] == ["ltr", "ltr", "rtl"]
        assert [line.language for line in page.lines] == ["en", "ru", "ar"]

    @pytest.mark.parametrize("changes", [{"paddlex_quirks": True}, {"batching": "width"}])
    def test_other_settings_do_not_change_the_routing(
        self, loader: SeveralLoader, mixed: Paper, changes: dict[str, Any]
    ) -> None:
        config = config_of((LATIN, ["en"]), (CYRILLIC, ["ru"])).model_copy(update=changes)
        result = read(OCRPipeline(config, loader), mixed, return_word_box=True)
        assert result["rec_models"] == [LATIN, CYRILLIC, LATIN]
        assert list(map(len, result["text_word"])) == list(map(len, result["text_word_boxes"]))

    def test_on_several_devices(self, loader: SeveralLoader, mixed: Paper) -> None:
        pipeline = OCRPipeline(config_of((LATIN, ["en"]), (CYRILLIC, ["ru"])), replace(loader, detectors=2))
        results = list(pipeline.predict([mixed] * 4, device="gpu:0,1"))
        assert [result["rec_models"] for result in results] == [[LATIN, CYRILLIC, LATIN]] * 4
        assert {name: len(sessions) for name, sessions in loader.sessions.items()} == {LATIN: 2, CYRILLIC: 2}

    def test_a_page_without_text(self, pipeline: OCRPipeline, paper: Paper) -> None:
        result = read(pipeline, np.full_like(paper, 255))
        assert result["rec_languages"] == result["rec_models"] == []

    def test_pickled_results_are_small(self, loader: SeveralLoader, paper: Paper) -> None:
        pipeline = OCRPipeline(config_of((LATIN, ["ko"]), (CYRILLIC, ["ru"])), loader)
        assert len(pickle.dumps(read(pipeline, paper))) < paper.nbytes + 10_000

    def test_all_models_are_loaded_ahead(self, pipeline: OCRPipeline, loader: SeveralLoader) -> None:
        pipeline.load()
        assert set(loader.sessions) == {LATIN, CYRILLIC}


class TestOneModel:
    """A language alone."""

    def test_fills_the_language(self, loader: SeveralLoader, mixed: Paper) -> None:
        result = read(OCRPipeline(config_of((CYRILLIC, ["ru"])), loader), mixed)
        assert result["rec_languages"] == ["ru"] * 3
        assert result["rec_models"] == [CYRILLIC] * 3

    def test_a_line_in_another_script_is_not_in_it(self, loader: SeveralLoader, mixed: Paper) -> None:
        result = read(OCRPipeline(config_of((LATIN, ["ru"])), loader), mixed)
        assert result["rec_languages"] == [None] * 3

    def test_without_languages_there_are_no_language_keys(self, loader: SeveralLoader, mixed: Paper) -> None:
        result = read(OCRPipeline(config_of((LATIN, [])), loader), mixed)
        assert not {"rec_languages", "rec_models"} & set(result)
        assert {line.language for line in result.text_page().lines} == {None}


class TestChoice:
    """``lang`` puts the models into the configuration."""

    def test_one_model_that_reads_all(self, zoo: Zoo) -> None:
        settings = create_pipeline("OCR", lang="Russian,en", zoo=zoo).config.SubModules.TextRecognition
        assert (settings.model_name, tags(settings), settings.others) == (CYRILLIC, ("ru", "en"), ())

    @pytest.mark.parametrize("lang", ["ru,ko,en", ["ru", "ko", "en"], ("ru,ko", "en")])
    def test_the_fewest_that_read_all_together(self, zoo: Zoo, lang: Any) -> None:
        settings = create_pipeline("OCR", lang=lang, zoo=zoo).config.SubModules.TextRecognition
        read_by = {one.model_name: set(tags(one)) for one in settings.readers}
        assert read_by == {CYRILLIC: {"ru", "en"}, "korean_PP-OCRv5_mobile_rec": {"ko", "en"}}

    def test_one_unsupported_language_of_several_is_refused(self, zoo: Zoo) -> None:
        with pytest.raises(UnknownLanguage, match="no model reads Vietnamese"):
            create_pipeline(lang="ru,ko,vi", zoo=zoo)

    @pytest.mark.parametrize("lang", [5, ["ru", 5], {"ru": 1}])
    def test_an_invalid_lang_is_refused(self, zoo: Zoo, lang: Any) -> None:
        with pytest.raises(UsageError, match=r"^lang="):
            create_pipeline(lang=lang, zoo=zoo)

    def test_models_of_lists_every_model(self, zoo: Zoo) -> None:
        names = models_of(zoo, "OCR", "ru,ko")
        assert (
            names[:-2]
            == models_of(zoo, "OCR")[:-1]
            == [*("PP-LCNet_x1_0_doc_ori", "UVDoc", "PP-OCRv5_mobile_det", "PP-LCNet_x0_25_textline_ori")]
        )
        assert [name for name in names if name.endswith("rec")] == [CYRILLIC, "korean_PP-OCRv5_mobile_rec"]
        assert models_of(zoo, "OCR") == models_of(zoo, "OCR", "zh,en,ja")

    def test_a_named_model_replaces_those_of_a_configuration(self, zoo: Zoo) -> None:
        data = default_ocr()
        data["SubModules"]["TextRecognition"].update(
            languages=["zh"], others=[{"model_name": CYRILLIC, "languages": ["ru"]}]
        )
        made = create_pipeline("OCR", config=data, text_recognition_model_name="PP-OCRv4_mobile_rec", zoo=zoo)
        assert made.config.SubModules.TextRecognition.languages == ()
        assert len(made.config.SubModules.TextRecognition.readers) == 1


class TestConfiguration:
    """The same, written down."""

    def test_other_models_inherit_keys_of_the_first(self) -> None:
        config = config_of(
            (LATIN, ["zh"]), (CYRILLIC, ["ru"]), batch_size=3, engine="onnxruntime", input_shape=[3, 48, 320]
        )
        first, other = config.SubModules.TextRecognition.readers
        assert (other.batch_size, other.engine) == (3, "onnxruntime")
        assert (first.input_shape, other.input_shape) == ((3, 48, 320), None)

    def test_one_model_may_run_on_two_engines(self, zoo: Zoo) -> None:
        engines: list[str | None] = []

        class RecordingLoader(StandInLoader):
            def predictor(self, name: str | None, task: Task, model_dir: str | Path | None = None) -> Any:
                engines.append(self.engine)
                return super().predictor(name, task, model_dir)

        data = default_ocr()
        data["SubModules"]["TextRecognition"].update(
            languages=["en"],
            engine="onnxruntime",
            others=[{"model_name": LATIN, "languages": ["ru"], "engine": "openvino"}],
        )
        models = OCRPipeline(checked(OCRConfig, data, "a test"), RecordingLoader(zoo)).load()
        assert models.recognizers[0] is not models.recognizers[1]
        assert engines[-2:] == ["onnxruntime", "openvino"]

    def test_languages_may_have_any_of_their_names(self) -> None:
        config = config_of((LATIN, ["Chinese", "JA"]), (CYRILLIC, ["rs_cyrillic"]))
        assert [tags(one) for one in config.SubModules.TextRecognition.readers] == [("zh", "ja"), ("sr-Cyrl",)]

    @pytest.mark.parametrize(
        ("recognition", "message"),
        [
            ({"languages": ["xx"]}, r"languages\.0='xx': .*unknown language 'xx'"),
            ({"languages": "ru"}, "languages='ru': a list is needed"),
            ({"languages": ["en", False]}, r"languages\.1=False: text is needed.* yes or no in quotes"),
            (
                {"others": [{"model_name": CYRILLIC, "languages": ["ru"]}]},
                "languages must list those of the first model",
            ),
            ({"languages": ["zh"], "others": [{"model_name": CYRILLIC}]}, r"others\.0\.languages is missing"),
            ({"languages": ["zh"], "others": [{"model_name": CYRILLIC, "languages": []}]}, r"others\.0\.languages"),
            ({"language": ["zh"]}, "unknown key.*did you mean languages"),
            (
                {"languages": ["zh"], "others": [{"model_name": CYRILLIC, "languages": ["ru"], "score_thresh": 0.5}]},
                r"others\.0\.score_thresh: unknown key in this place",
            ),
        ],
    )
    def test_invalid_keys_are_refused(self, recognition: dict[str, Any], message: str) -> None:
        data = default_ocr()
        data["SubModules"]["TextRecognition"].update(recognition)
        with pytest.raises(UsageError, match=message):
            checked(OCRConfig, data, "a test")

    @pytest.mark.parametrize(
        ("other", "message"),
        [
            ({"model_name": "eslav_PP-OCRv5_mobil_rec"}, "eslav_PP-OCRv5_mobil_rec"),
            ({"model_name": "PP-OCRv5_mobile_det"}, "does text_detection, not text_recognition"),
            ({"model_name": CYRILLIC, "engine": "nothing"}, "nothing"),
        ],
    )
    def test_other_models_are_looked_up_at_once(self, zoo: Zoo, other: dict[str, Any], message: str) -> None:
        data = default_ocr()
        data["SubModules"]["TextRecognition"].update(languages=["zh"], others=[{**other, "languages": ["ru"]}])
        with pytest.raises((UsageError, KeyError), match=message):
            create_pipeline(config=data, zoo=zoo)
