"""inference.yml: written from a card in PaddleX's words, with the charset entry for entry."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from tests.registry.kit import offer_card

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.errors import CardError, ExitCode, IntegrityError

LOOKALIKES = [
    "null",
    "~",
    "yes",
    "0x1f",
    "1_000",
    "1:30",
    "2026-01-01",
    "=",
    "<<",
    "- a",
    "#",
    "''",
    '"',
    "|",
    ">",
    "*a",
]
SPACES = [
    " ",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\x85",
    "\u2028",
    "\u2029",
    "\xa0",
    "\t",
    "龠 ",
    " a",
    "\0",
    "\x7f",
    "\ufffe",
]
entries = st.lists(
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), min_size=1, max_size=4)
    | st.sampled_from([*LOOKALIKES, *SPACES, "\U0001f1e9\U0001f1ea"]),
    min_size=1,
    max_size=30,
).filter(lambda made: sum("\0" in entry for entry in made) < 4)  # more look like UTF-16


def rendered(charset: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "chars.txt").write_text("\n".join(charset) + "\n", encoding="utf-8-sig", newline="")
        return inference_yml.render(offer_card(Path(folder), task="text_recognition", charset="chars.txt"))


@given(entries)
@example([*LOOKALIKES, *SPACES])
@example(["word " * 500])
def test_every_charset_comes_back_entry_for_entry(charset: list[str]) -> None:
    data = safe_yaml.load(rendered(charset))
    assert data == {"Global": {"model_name": "seaside_det"}, "PostProcess": {"character_dict": charset}}


@given(entries)
@example([*LOOKALIKES, *SPACES])
def test_paddlexs_own_reader_finds_the_same(charset: list[str]) -> None:
    assert yaml.safe_load(rendered(charset).decode())["PostProcess"]["character_dict"] == charset


def test_characters_are_written_as_they_are() -> None:
    """PaddleOCR's Android SDK reads the file line by line and decodes no escapes; libyaml escapes rare characters."""
    charset = ["𬉼", "\U0001f1e9\U0001f1ea", "a", '- "\\U0001F600"']
    *_, first, second, third, fourth = rendered(charset).decode().splitlines()
    assert [first, second, third] == [f"  - {character}" for character in charset[:3]]
    assert fourth == """  - '- "\\U0001F600"'"""


def test_a_card_is_written_with_paddlexs_keys(tmp_path: Path) -> None:
    (tmp_path / "chars.txt").write_text("a\n\u3000\na\n", encoding="utf-8")
    card = offer_card(
        tmp_path,
        name="seaside_rec",
        task="text_recognition",
        charset="chars.txt",
        inference={
            "predictor": "text_recognition",
            "preprocess": [{"DecodeImage": {"img_mode": "BGR"}}, {"RecResizeImg": {"image_shape": [3, 48, 320]}}],
            "postprocess": {"name": "CTCLabelDecode"},
            "dynamic_shapes": {"x": [[1, 3, 48, 160], [1, 3, 48, 320], [8, 3, 48, 3200]]},
        },
    )
    shapes = {"x": [[1, 3, 48, 160], [1, 3, 48, 320], [8, 3, 48, 3200]]}
    assert safe_yaml.load(inference_yml.render(card)) == {
        "Global": {"model_name": "seaside_rec"},
        "Hpi": {
            "backend_configs": {
                "paddle_infer": {"trt_dynamic_shapes": shapes},
                "tensorrt": {"dynamic_shapes": shapes},
            }
        },
        "PreProcess": {
            "transform_ops": [{"DecodeImage": {"img_mode": "BGR"}}, {"RecResizeImg": {"image_shape": [3, 48, 320]}}]
        },
        "PostProcess": {"name": "CTCLabelDecode", "character_dict": ["a", "\u3000", "a"]},
    }


def test_what_a_card_does_not_say_is_left_out() -> None:
    assert safe_yaml.load(inference_yml.render(offer_card())) == {"Global": {"model_name": "seaside_det"}}


def test_a_charset_that_is_not_there_is_the_cards_fault(tmp_path: Path) -> None:
    card = offer_card(tmp_path, task="text_recognition", charset="gone.txt")
    with pytest.raises(CardError, match=r"gone\.txt"):
        inference_yml.render(card)


def test_a_models_configuration_is_read_as_plain_data(tmp_path: Path) -> None:
    (tmp_path / "inference.yml").write_text("Global: {model_name: x}\n漢: [字]\n", encoding="utf-8")
    assert inference_yml.read(tmp_path) == {"Global": {"model_name": "x"}, "PostProcess": {}, "漢": ["字"]}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"- a list", "not a YAML mapping"),
        (b"", "not a YAML mapping"),
        (b"Global: [1]", "Global is not a mapping"),
        (b"PostProcess: text", "PostProcess is not a mapping"),
        (b"PreProcess: [1]", "PreProcess is not a mapping"),
        (b"PreProcess: text", "PreProcess is not a mapping"),
        (b"PreProcess: {transform_ops: 5}", r"PreProcess\.transform_ops is not a list"),
        (b"PreProcess: {transform_ops: {a: 1}}", r"PreProcess\.transform_ops is not a list"),
        (b"a: [", "not valid YAML"),
        (b"a: !!bool maybe", "not valid YAML"),
        (b"a: !!python/object/apply:os.system ['true']", "not valid YAML"),
        (None, "could not be read: No such file"),
    ],
)
def test_a_configuration_that_is_none_is_an_integrity_error(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    if content is not None:
        (tmp_path / "inference.yml").write_bytes(content)
    with pytest.raises(IntegrityError, match=complaint) as caught:
        inference_yml.read(tmp_path)
    assert str(caught.value).startswith(str(tmp_path / "inference.yml"))
    assert caught.value.exit_code == ExitCode.INTEGRITY


def test_a_flood_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference_yml, "MAX_BYTES", 10)
    (tmp_path / "inference.yml").write_bytes(b"Global: {}\n")
    with pytest.raises(IntegrityError, match="larger than 10 bytes"):
        inference_yml.read(tmp_path)
