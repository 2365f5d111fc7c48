"""Cards as files: every fault is told with the file (and line), the key, and the nearest known key."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

import pytest
from tests.registry.kit import card_data

from ocrzoo_registry.cards import loader
from ocrzoo_registry.cards.loader import build_card, faults_kept, read_card, read_cards
from ocrzoo_registry.errors import CardError, ExitCode


def write(path: Path, **changes: object) -> Path:
    path.write_text(json.dumps(card_data(**changes)), encoding="utf-8")  # JSON is YAML
    return path


def test_a_card_is_read_from_yaml(tmp_path: Path) -> None:
    path = tmp_path / "seaside.yaml"
    path.write_text(
        """
name: seaside_rec
family: seaside
task: text_recognition
version: "1"
summary: Liest Küstenschilder.
license: Apache-2.0
charset: chars.txt
latency: [{device: cpu, mode: normal, ms: 5, environment: a laptop}]
artifacts: {onnx: {files: [{path: inference.onnx}]}}
inference: {predictor: text_recognition}
""",
        encoding="utf-8",
    )
    card = read_card(path)
    assert (card.name, card.summary, card.latency[0].ms) == ("seaside_rec", "Liest Küstenschilder.", 5.0)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"famly": "seaside"}, "famly: unknown key (did you mean family"),
        ({"language": ["vi"]}, "language: unknown key (did you mean languages?)"),
        ({"inference": {"predictr": "x", "predictor": "x"}}, "inference.predictr: unknown key (did you mean predictor"),
        (
            {"artifacts": {"onnx": {"files": [{"path": "a.onnx", "sha": "0"}]}}},
            "artifacts.onnx.files.0.sha: unknown key",
        ),
        ({"qqq": 1}, "qqq: unknown key"),
        ({"task": "text detection"}, "task: "),
        ({"version": 5}, "version: "),
        ({"name": "../seaside"}, "name: "),
    ],
)
def test_a_wrong_key_is_named_with_its_file_and_the_nearest_key(
    tmp_path: Path, changes: dict[str, object], complaint: str
) -> None:
    path = write(tmp_path / "wrong.yaml", **changes)
    with pytest.raises(CardError) as caught:
        read_card(path)
    assert str(caught.value).startswith(f"{path}: {complaint}")
    assert "\n" not in str(caught.value)
    assert caught.value.exit_code == ExitCode.USAGE


def test_all_faults_of_a_card_are_told_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "wrong.yaml", famly="seaside", tier="huge", version="")
    with pytest.raises(CardError, match=r"(?=.*famly: )(?=.*tier: )(?=.*version: )"):
        read_card(path)


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({"inference": {"predictor": "text_detection", "preprocess": [1] * 50_000}}, 49_990),
        ({f"famly{number}": 1 for number in range(5000)}, 4990),
        ({"x" * 100_000: 1, "name": "ö" * 100_000}, 0),
    ],
    ids=["values", "unknown keys", "long texts"],
)
def test_of_many_faults_the_first_are_told(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], more: int
) -> None:
    asked: list[str] = []

    def hint(key: str, *_: object, **__: object) -> str:
        asked.append(key)
        return ""

    monkeypatch.setattr(loader, "did_you_mean", hint)
    with pytest.raises(CardError) as caught:
        build_card(card_data(**changes), origin="it")
    message = str(caught.value)
    assert len(message) < 2000
    assert message.endswith(f"; and {more} more") is bool(more)
    assert len(asked) <= 10


def test_a_file_with_many_faulty_lines_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = lines(tmp_path / "many.jsonl", *[{}] * 70, card_data(), *[card_data(charset="none.txt")] * 70)
    with faults_kept():
        cards = list(read_cards(tmp_path))
    assert [card.fault is None for card in cards].index(True) == 70
    assert len(cards) == 102
    assert str(cards[-1].fault) == f"{path}: 100 cards are faulty, the rest is not read: correct these"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"a: [1", "not valid YAML"),
        (b"!!python/object/apply:os.system ['true']", "not valid YAML"),
        (b"\xff\xfe\xff", "not valid YAML"),
        (b"", "card: "),
        (b"- a\n- b", "card: "),
        (b"a: &a [*a]", "not valid YAML: expands to more than"),
        (b"a: 2026-01-01", "not valid YAML: line 1: "),
        (b"a: !!binary aGk=", "not valid YAML: line 1: "),
    ],
)
def test_what_is_no_card_is_told_with_its_file(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_bytes(content)
    with pytest.raises(CardError) as caught:
        read_card(path)
    assert str(caught.value).startswith(f"{path}: {complaint}")


def test_a_missing_file_a_folder_and_a_flood_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CardError, match=r"gone\.yaml could not be read: No such file"):
        read_card(tmp_path / "gone.yaml")
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(CardError, match=r"folder\.yaml could not be read"):
        read_card(tmp_path / "folder.yaml")
    monkeypatch.setattr(loader, "MAX_CARD_BYTES", 100)
    with pytest.raises(CardError, match="larger than 100 bytes"):
        read_card(write(tmp_path / "flood.yaml"))


@pytest.mark.parametrize(
    "data", [{"a": {1, 2}}, {"a": dt.date(2026, 1, 1)}, {(1, 2): "a"}, object()], ids=lambda data: type(data).__name__
)
def test_a_card_built_in_python_is_plain_data_too(data: object) -> None:
    for key in ("inference", "links", "sources", "artifacts", "metrics", "size_mb", "name"):
        with pytest.raises(CardError, match=rf"^my plugin: {key}"):
            build_card(card_data(**{key: data}), origin="my plugin")
    with pytest.raises(CardError, match=r"^my plugin: inference\.postprocess"):
        build_card(card_data(inference={"predictor": "x", "postprocess": {"a": data}}), origin="my plugin")
    with pytest.raises(CardError, match=r"^my plugin: "):
        build_card(data, origin="my plugin")


def test_data_that_contains_itself_is_refused() -> None:
    endless: dict[str, object] = {}
    endless["a"] = endless
    with pytest.raises(CardError, match=r"^my plugin: inference\.postprocess"):
        build_card(card_data(inference={"predictor": "x", "postprocess": endless}), origin="my plugin")


def test_the_cards_of_a_folder_come_by_name_with_their_root(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    folder.mkdir()
    for name in ("b", "a"):
        write(folder / f"{name}.yaml", name=name)
    (folder / "README.md").write_text("not a card")
    assert [(card.name, card.folder) for card in read_cards(folder)] == [("a", folder), ("b", folder)]
    assert {card.folder for card in read_cards(folder, root=tmp_path)} == {tmp_path}


def test_a_folder_without_cards_is_told(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"nowhere: no cards"):
        list(read_cards(tmp_path / "nowhere"))


def test_a_charset_that_is_not_there_is_told(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", task="text_recognition", charset="charsets/gone.txt")
    with pytest.raises(CardError, match=r"a\.yaml: charset: there is no file .*gone\.txt"):
        list(read_cards(tmp_path))


def test_files_that_cannot_make_a_model_are_told(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", artifacts={"onnx": {"files": [{"path": "model.onnx"}]}})
    with pytest.raises(CardError, match=r"a\.yaml: artifacts\.onnx: needs inference\.onnx"):
        list(read_cards(tmp_path))


def test_a_value_of_the_wrong_form_is_told_in_words(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", languages=["english"])
    with pytest.raises(CardError, match=r"languages\.0: 'english' is not a language tag such as en"):
        list(read_cards(tmp_path))


def lines(path: Path, *cards: object) -> Path:
    path.write_text("\n".join(card if isinstance(card, str) else json.dumps(card) for card in cards), encoding="utf-8")
    return path


def test_cards_on_the_lines_of_a_file_come_in_their_order_among_the_other_files(tmp_path: Path) -> None:
    (tmp_path / "chars.txt").write_text("a\n")
    many = [card_data(name=name, task="text_recognition", charset="chars.txt") for name in ("z", "b", "y")]
    lines(tmp_path / "b.jsonl", *many, "")
    write(tmp_path / "a.yaml", name="c")
    write(tmp_path / "c.yaml", name="a")
    found = list(read_cards(tmp_path))
    assert [card.name for card in found] == ["c", "z", "b", "y", "a"]
    assert list(found[1:4]) == [build_card(data, origin="", folder=tmp_path) for data in many]
    assert {card.folder for card in found} == {tmp_path}


def test_the_official_cards_are_the_same_from_lines(tmp_path: Path) -> None:
    root = Path(__file__).parents[3] / "model_cards" / "ocrzoo_cards"
    for folder in sorted({path.parent for path in root.glob("*/*.yaml")}):
        cards = list(read_cards(folder, root))
        (tmp_path / folder.name).mkdir()
        written = [card.model_dump_json(exclude_defaults=True) for card in cards]
        lines(tmp_path / folder.name / "cards.jsonl", *written)
        assert list(read_cards(tmp_path / folder.name, root)) == cards


@pytest.mark.parametrize(
    ("second", "complaint"),
    [
        (card_data(famly="seaside"), "famly: unknown key (did you mean family"),
        (card_data(charset="gone.txt"), "charset: there is no file "),
        (card_data(artifacts={"onnx": {"files": [{"path": "m.onnx"}]}}), "artifacts.onnx: needs inference.onnx"),
        ("", "card: not JSON: EOF"),
        ("name: b", "card: not JSON: expected ident at column 2"),
        ("[" * 1000, "card: not JSON: recursion limit"),
        ('{"name": "b"} {"name": "c"}', "card: not JSON: trailing characters"),
        ("[]", "card: "),
        ("x" * 2000, "larger than 1500 bytes"),
    ],
)
def test_a_fault_on_a_line_is_told_with_file_and_line(
    tmp_path: Path, second: object, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loader, "MAX_CARD_BYTES", 1500)
    path = lines(tmp_path / "many.jsonl", card_data(name="a"), second, card_data(name="c"))
    with pytest.raises(CardError) as caught:
        list(read_cards(tmp_path))
    assert str(caught.value).startswith(f"{path}, line 2: {complaint}")
    assert "\n" not in str(caught.value)


def test_a_file_of_lines_is_read_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = lines(tmp_path / "many.jsonl", *(card_data(name=f"m{number}") for number in range(9)))
    monkeypatch.setattr(loader, "MAX_LINES_BYTES", 1000)
    with pytest.raises(CardError, match=r"many\.jsonl could not be read: larger than 1000 bytes"):
        list(read_cards(tmp_path))
    path.unlink()
    path.mkdir()
    with pytest.raises(CardError, match=r"many\.jsonl could not be read: "):
        list(read_cards(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "many.jsonl")
    with pytest.raises(CardError, match=r"many\.jsonl could not be read: a pipe or device"):
        list(read_cards(tmp_path))
