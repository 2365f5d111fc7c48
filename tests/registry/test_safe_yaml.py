"""Plain YAML: data in, data out, and one kind of error for everything else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.safe_yaml import YamlError


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['echo broken in']",
        "!!python/object/new:os.system ['echo broken in']",
        "!!python/name:os.system",
        "!!python/module:os",
        "!!python/tuple [1]",
        "!own {a: 1}",
    ],
)
def test_a_tag_that_would_build_an_object_is_refused(
    text: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "system", lambda _command: pytest.fail("run as code"))
    with pytest.raises(YamlError, match="is more than plain data"):
        safe_yaml.load(text)
    assert "broken in" not in capfd.readouterr().out


@pytest.mark.parametrize(
    "text",
    [
        "a: [1",
        "a: b: c",
        "a: *nowhere",
        "{[a]: b}",
        b"\xc3\x28: not UTF-8",
        b"a\x00b",
        "\ud800",
        "day: 2026-13-45",
        "9" * 5000,
        "0x" + "9" * 5000,
        "[" * 20_000,
        "!!int ''",
        "!!float ''",
        "!!bool maybe",
        "!!timestamp soon",
    ],
    ids=lambda text: repr(text[:24]),
)
def test_what_is_not_yaml_is_told_in_one_line(text: str | bytes) -> None:
    with pytest.raises(YamlError) as caught:
        safe_yaml.load(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_nesting_without_end_is_an_error_and_not_a_crash(opening: str) -> None:
    code = f"""
from ocrzoo_registry import safe_yaml
try:
    safe_yaml.load({opening!r} * 200_000)
except safe_yaml.YamlError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "refused\n")


def test_keys_keep_their_order_and_characters_stay_as_they_are() -> None:
    text = safe_yaml.dump({"zebra": "漢字", "ape": [1, 2.5, None, True]})
    assert text.index("zebra") < text.index("ape")
    assert "漢字" in text
    assert safe_yaml.load(text) == {"zebra": "漢字", "ape": [1, 2.5, None, True]}


def test_a_file_is_read_up_to_its_bound_and_named_when_it_cannot_be(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_bytes(b"a: [b]")
    assert safe_yaml.read_file(path, max_bytes=6) == {"a": ["b"]}
    with pytest.raises(YamlError, match=r"some\.yaml could not be read: larger than 5 bytes"):
        safe_yaml.read_file(path, max_bytes=5)
    path.write_bytes(b"a: [b")
    with pytest.raises(YamlError, match=r"some\.yaml: not valid YAML: "):
        safe_yaml.read_file(path, max_bytes=6)
    with pytest.raises(YamlError, match=r"gone\.yaml could not be read: No such file"):
        safe_yaml.read_file(tmp_path / "gone.yaml", max_bytes=6)


def test_libyaml_does_the_work() -> None:
    assert safe_yaml._BASE.__name__ == "CSafeLoader"
    assert safe_yaml._DUMPER.__name__ == "CSafeDumper"


def test_a_few_bytes_that_stand_for_billions_of_values_are_refused() -> None:
    bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
    )
    with pytest.raises(YamlError, match="more than 250000 values"):
        safe_yaml.load(bomb)


def test_values_shared_by_an_alias_are_read() -> None:
    assert safe_yaml.load("a: &shape [1, 2]\nb: *shape") == {"a": [1, 2], "b": [1, 2]}


def test_nesting_by_bare_indentation_is_bounded_too() -> None:
    deep = "\n".join(f"{' ' * level}a:" for level in range(safe_yaml.MAX_DEPTH + 1))
    with pytest.raises(YamlError, match="levels deep"):
        safe_yaml.load(deep)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("a: &a {x: 1}\nb: {<<: *a}", "a key that is not text"),
        ("a: 1:30:00", "a number in base 60"),
        ("1: a\n2: b", "a key that is not text"),
        ("a: 1\na: 2", "line 2: duplicate key 'a'"),
        ("a: &a " + "x" * 100_000 + "\nb: [" + ", ".join(["*a"] * 700) + "]", "characters"),
    ],
)
def test_corners_that_cost_time_or_memory_out_of_proportion_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(YamlError, match=complaint):
        safe_yaml.load(text)


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "inference.yml")
    with pytest.raises(YamlError, match="a pipe or device"):
        safe_yaml.read_file(tmp_path / "inference.yml", 100)


@pytest.mark.parametrize("text", ["[" + "a," * 600_000 + "a]", "- a\n" * 600_000, "[" + "{}," * 600_000 + "{}]"])
def test_too_many_values_are_told_before_they_take_memory(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(safe_yaml, "_Loader", lambda *_: pytest.fail("was taken in"))
    with pytest.raises(YamlError, match="expands to more than 250000 values"):
        safe_yaml.load(text)


def test_a_text_of_many_commas_is_one_value() -> None:
    assert safe_yaml.load("a: '" + "," * 600_000 + "'") == {"a": "," * 600_000}


def test_the_place_of_an_error_has_no_name_of_a_buffer() -> None:
    with pytest.raises(YamlError, match="at line 1, column ") as caught:
        safe_yaml.load("{a: b")
    assert "byte string" not in str(caught.value)
