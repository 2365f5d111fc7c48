"""Every figure of the PaddleX tutorial is in the cards, and nothing else is ascribed to it."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from ocrzoo_registry.cards.loader import read_card
from ocrzoo_registry.cards.schema import ModelCard

REPOSITORY = Path(__file__).parents[2]
CARDS = REPOSITORY / "model_cards" / "ocrzoo_cards"
TUTORIAL = "General OCR pipeline tutorial, PaddleX"
V6_DOCUMENTATION = "PP-OCRv6 documentation, PaddleOCR"

Figure = tuple[str, str, str | float]
"""Kind, language (empty where the tutorial has no column for it), and the figure, words or address."""

WORDS = {"statement", "inference_link", "training_link"}


def read_tutorial() -> dict[str, set[Figure]]:
    figures: dict[str, set[Figure]] = defaultdict(set)
    with Path(__file__).with_name("tutorial_figures.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            kind, value = row["figure"], row["value"]
            figures[row["model"]].add((kind, row["language"], value if kind in WORDS else float(value)))
    return figures


PUBLISHED = read_tutorial()


def figures_of(card: ModelCard) -> list[Figure]:
    """List what a card ascribes to the tutorial."""
    from_tutorial = [metric for metric in card.metrics if metric.source == TUTORIAL]
    figures: list[Figure] = []
    for metric in from_tutorial:
        language = metric.language or "" if len(from_tutorial) > 1 else ""
        if metric.value is None:
            figures.append(("statement", language, metric.statement or ""))
        else:
            figures.append((metric.name, language, metric.value))
    figures += [(f"{latency.device}_{latency.mode}", "", latency.ms) for latency in card.latency]
    if card.size_mb is not None:
        figures.append(("size_mb", "", card.size_mb))
    links = (("inference_link", card.links.inference), ("training_link", card.links.training))
    return figures + [(kind, "", link) for kind, link in links if link]


@pytest.fixture(scope="module")
def cards() -> dict[str, ModelCard]:
    return {path.stem: read_card(path) for path in CARDS.glob("*/*.yaml")}


def test_the_tutorial_lists_36_models_and_265_figures() -> None:
    assert len(PUBLISHED) == 36
    assert sum(map(len, PUBLISHED.values())) == 265


@pytest.mark.parametrize("name", sorted(PUBLISHED))
def test_a_card_says_what_the_tutorial_says_and_no_more(cards: dict[str, ModelCard], name: str) -> None:
    figures = figures_of(cards[name])
    assert set(figures) == PUBLISHED[name]
    assert len(figures) == len(PUBLISHED[name]), "nothing is entered twice"


def test_models_outside_the_tutorial_have_nothing_from_it(cards: dict[str, ModelCard]) -> None:
    others = cards.keys() - PUBLISHED.keys()
    assert len(others) == 13
    for name in others:
        assert [kind for kind, _, _ in figures_of(cards[name])] == ["inference_link"], name


def test_other_figures_come_from_the_pp_ocrv6_benchmark(cards: dict[str, ModelCard]) -> None:
    ascribed = {
        name: (metric.name, metric.value, metric.language)
        for name, card in cards.items()
        for metric in card.metrics
        if metric.source != TUTORIAL
    }
    hmean, accuracy = "hmean", "weighted_accuracy"
    assert ascribed == {
        "PP-OCRv6_medium_det": (hmean, 86.2, "mul"),
        "PP-OCRv6_small_det": (hmean, 84.1, "mul"),
        "PP-OCRv6_tiny_det": (hmean, 80.6, "mul"),
        "PP-OCRv5_server_det": (hmean, 81.6, "mul"),
        "PP-OCRv5_mobile_det": (hmean, 75.2, "mul"),
        "PP-OCRv6_medium_rec": (accuracy, 83.2, "mul"),
        "PP-OCRv6_small_rec": (accuracy, 81.3, "mul"),
        "PP-OCRv6_tiny_rec": (accuracy, 73.5, "mul"),
        "PP-OCRv5_server_rec": (accuracy, 78.1, "mul"),
        "PP-OCRv5_mobile_rec": (accuracy, 73.7, "mul"),
    }
    sources = {metric.source for card in cards.values() for metric in card.metrics}
    assert sources == {TUTORIAL, V6_DOCUMENTATION}


def accuracies(card: ModelCard) -> dict[str | None, float | None]:
    return {metric.language: metric.value for metric in card.metrics if metric.source == TUTORIAL}


# Read off the tutorial by eye, so that a fault of the extraction shows.


def test_the_four_languages_of_pp_ocrv5(cards: dict[str, ModelCard]) -> None:
    mobile = accuracies(cards["PP-OCRv5_mobile_rec"])
    assert mobile == {"zh-Hans": 81.29, "en": 66.00, "zh-Hant": 83.55, "ja": 54.65}
    server = accuracies(cards["PP-OCRv5_server_rec"])
    assert server == {"zh-Hans": 86.38, "en": 64.70, "zh-Hant": 93.29, "ja": 60.35}


def test_pp_ocrv3_detection_has_words_and_no_number(cards: dict[str, ModelCard]) -> None:
    for tier in ("server", "mobile"):
        (metric,) = cards[f"PP-OCRv3_{tier}_det"].metrics
        assert (metric.value, metric.comparable_to) == (None, f"PP-OCRv4_{tier}_det")


def test_uvdoc_has_an_error_ratio_and_no_cpu_time_in_normal_mode(cards: dict[str, ModelCard]) -> None:
    (metric,) = cards["UVDoc"].metrics
    assert (metric.name, metric.value, metric.unit, metric.dataset) == ("cer", 0.179, "ratio", "DocUNet")
    times = {(latency.device, latency.mode): latency.ms for latency in cards["UVDoc"].latency}
    assert times == {
        ("gpu", "normal"): 19.05,
        ("gpu", "high_performance"): 19.05,
        ("cpu", "high_performance"): 869.82,
    }


def test_the_wider_text_line_classifier_has_no_gpu_time(cards: dict[str, ModelCard]) -> None:
    card = cards["PP-LCNet_x1_0_textline_ori"]
    assert {latency.device for latency in card.latency} == {"cpu"}
    assert [latency.ms for latency in card.latency] == [2.98, 2.98]


def test_a_model_without_published_times_has_none(cards: dict[str, ModelCard]) -> None:
    untimed = {name for name in PUBLISHED if not cards[name].latency}
    assert untimed == {"en_PP-OCRv5_mobile_rec", "th_PP-OCRv5_mobile_rec", "el_PP-OCRv5_mobile_rec"}


def test_an_empty_training_link_is_absent(cards: dict[str, ModelCard]) -> None:
    without = {name for name in PUBLISHED if cards[name].links.training is None}
    assert without == {
        "PP-OCRv4_server_rec_doc",
        "en_PP-OCRv4_mobile_rec",
        *(name for name in PUBLISHED if name.endswith("PP-OCRv3_mobile_rec")),
    }
    assert len(without) == 14


def test_a_pre_trained_model_is_a_training_link(cards: dict[str, ModelCard]) -> None:
    link = cards["korean_PP-OCRv5_mobile_rec"].links.training
    assert link is not None
    assert link.endswith("/official_pretrained_model/korean_PP-OCRv5_mobile_rec_pretrained.pdparams")


def test_an_address_that_the_tutorial_breaks_in_two_is_whole(cards: dict[str, ModelCard]) -> None:
    link = cards["en_PP-OCRv5_mobile_rec"].links.inference
    assert link is not None
    assert link.endswith("/paddle3.0.0/en_PP-OCRv5_mobile_rec_infer.tar")
    for card in cards.values():
        archives = [str(archive["url"]) for archive in card.sources["bos"].values()]
        for address in (card.links.inference, card.links.training, *archives):
            assert not address or not set(address) & set("\\\n ")


@pytest.mark.parametrize(
    ("name", "language", "value"),
    [
        ("PP-OCRv5_server_det", "zh", 83.8),
        ("PP-OCRv4_mobile_det", "zh", 63.8),
        ("PP-OCRv4_server_rec_doc", "zh-Hans", 86.58),
        ("ch_SVTRv2_rec", "zh-Hans", 68.81),
        ("ch_RepSVTR_rec", "zh-Hans", 65.07),
        ("latin_PP-OCRv5_mobile_rec", "und-Latn", 84.7),
        ("eslav_PP-OCRv5_mobile_rec", "zle", 85.8),
        ("ka_PP-OCRv3_mobile_rec", "kn", 96.96),
        ("arabic_PP-OCRv3_mobile_rec", "und-Arab", 73.55),
        ("cyrillic_PP-OCRv3_mobile_rec", "und-Cyrl", 94.28),
        ("devanagari_PP-OCRv3_mobile_rec", "und-Deva", 96.44),
        ("chinese_cht_PP-OCRv3_mobile_rec", "zh-Hant", 82.06),
        ("PP-LCNet_x0_25_textline_ori", None, 98.85),
    ],
)
def test_a_figure_belongs_to_a_language(
    cards: dict[str, ModelCard], name: str, language: str | None, value: float
) -> None:
    assert accuracies(cards[name]) == {language: value}


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("PP-LCNet_x0_25_textline_ori", 0.96),
        ("PP-OCRv3_server_det", 102.1),
        ("PP-OCRv4_server_rec_doc", 182),
        ("en_PP-OCRv3_mobile_rec", 17.3),
        ("th_PP-OCRv5_mobile_rec", 7.5),
    ],
)
def test_a_model_takes_this_much_room(cards: dict[str, ModelCard], name: str, size: float) -> None:
    assert cards[name].size_mb == size


def test_the_challenge_models_were_measured_on_different_sets(cards: dict[str, ModelCard]) -> None:
    (svtr,) = cards["ch_SVTRv2_rec"].metrics
    (repsvtr,) = cards["ch_RepSVTR_rec"].metrics
    assert svtr.dataset is not None
    assert svtr.dataset.endswith("evaluation set A")
    assert repsvtr.dataset is not None
    assert repsvtr.dataset.endswith("evaluation set B")


def test_a_time_names_hardware_software_and_mode(cards: dict[str, ModelCard]) -> None:
    hardware = {"gpu": "NVIDIA Tesla T4", "cpu": "Intel Xeon Gold 6271C"}
    for name in PUBLISHED:
        for latency in cards[name].latency:
            assert latency.environment.startswith(hardware[latency.device])
            assert "Ubuntu 20.04, CUDA 11.8, cuDNN 8.9, TensorRT 8.6.1.6" in latency.environment
            assert "paddlepaddle 3.0.0, paddlex 3.0.3" in latency.environment
            assert ("8 threads" in latency.environment) == (latency.device == "cpu")
            assert ("best preset" in latency.environment) == (latency.mode == "high_performance")
