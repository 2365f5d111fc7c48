"""What commands say of third-party plugins whose cards are faulty or odd."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from tests.registry.kit import SitePackages, card_data

PLUGIN = """
from pathlib import Path
from ocrzoo_registry import hookimpl, read_cards

@hookimpl
def ocrzoo_model_cards():
    yield from read_cards(Path(__file__).parent / "cards")
"""
VIETNAMESE = "\n".join(map(chr, [*range(0x61, 0x7B), *range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00)]))


def rec(name: str, /, **changes: object) -> dict[str, object]:
    """The data of a card for Vietnamese that nothing is odd about, its weights apart."""
    return (
        card_data(name=name, task="text_recognition", inference={"predictor": "text_recognition"})
        | {"charset": "vi.txt", "languages": ["vi"], "scripts": ["Latn"]}
        | {"sources": {"huggingface": {"onnx": {"repository": "seaside/rec"}}}}
        | changes
    )


@pytest.fixture
def install(site: SitePackages) -> Callable[..., None]:
    """Install the plugin ``sea`` with some cards and charsets."""

    def call(*cards: dict[str, object], **charsets: bytes) -> None:
        files: Mapping[str, bytes] = {"vi": VIETNAMESE.encode(), **charsets}
        site.install(
            "sea-dist",
            {"sea": PLUGIN},
            files={f"cards/{number}.yaml": json.dumps(data).encode() for number, data in enumerate(cards)}
            | {f"cards/{name}.txt": content for name, content in files.items()},
        )

    return call


def listed(run: Callable[..., Any]) -> dict[str, Any]:
    """The plugin ``sea`` in ``plugins list --json``."""
    (found,) = (one for one in json.loads(run("plugins", "list", "--json").out)["plugins"] if one["name"] == "sea")
    return dict(found)


class TestStrict:
    """``--strict`` turns what a plugin lost into an exit code."""

    @pytest.mark.parametrize("command", [("plugins", "list"), ("models", "list")])
    def test_a_faulty_card(
        self, run: Callable[..., Any], install: Callable[..., None], command: tuple[str, ...]
    ) -> None:
        install(rec("good_rec"), rec("bad_rec", famly="x"))
        assert run(*command).code == 0
        ran = run(*command, "--strict")
        assert ran.code == 2
        assert "1 plugin failed: 'sea' (sea-dist 1.0)" in ran.err.splitlines()[-1]
        assert ran.out == run(*command).out

    @pytest.mark.parametrize("command", [("plugins", "list"), ("models", "list")])
    def test_a_name_that_is_taken(
        self, run: Callable[..., Any], install: Callable[..., None], command: tuple[str, ...]
    ) -> None:
        install(rec("PP-OCRv5_mobile_rec"))
        assert run(*command).code == 0
        ran = run(*command, "--strict")
        assert ran.code == 2
        assert "'PP-OCRv5_mobile_rec' is registered by" in ran.err.splitlines()[-1]

    @pytest.mark.parametrize("command", [("plugins", "list"), ("models", "list")])
    def test_nothing_is_wrong(
        self, run: Callable[..., Any], install: Callable[..., None], command: tuple[str, ...]
    ) -> None:
        install(rec("good_rec"))
        assert run(*command, "--strict").code == 0
        assert run(*command, "--strict", "--json").code == 0

    def test_a_source_hook_that_returns_none_does_not_stop_a_strict_process(
        self, run: Callable[..., Any], site: SitePackages, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        source = "from ocrzoo_registry import hookimpl\n@hookimpl\ndef ocrzoo_sources():\n    return None\n"
        site.install("void-dist", {"void": source})
        monkeypatch.setenv("OCRZOO_STRICT", "1")
        ran = run("models", "list")
        assert ran.code == 0
        assert "'void' (void-dist 1.0): ocrzoo_sources returns None" in ran.err


@pytest.mark.parametrize("content", [b"a\n\nb\n", "a\nb\n".encode("utf-16")], ids=["a blank line", "UTF-16"])
def test_a_charset_that_cannot_be_read_is_named_by_every_command(
    run: Callable[..., Any], install: Callable[..., None], sample: object, content: bytes
) -> None:
    install(rec("own_rec", charset="bad.txt"), bad=content)
    found = listed(run)
    assert found["status"] == "failed"
    assert "own_rec: charset: " in found["failures"][0]["message"]
    for command in (
        ("models", "select", "--lang", "vi"),
        ("models", "show", "own_rec"),
        ("ocr", str(sample), "--lang", "vi"),
    ):
        ran = run(*command)
        assert ran.code in {2, 3}
        assert "the card of own_rec from plugin 'sea' (sea-dist 1.0) is refused" in ran.err.splitlines()[-1]
        assert "bad.txt" in ran.err.splitlines()[-1]
    data = json.loads(run("models", "select", "--lang", "vi", "--json").out)
    assert [one["name"] for one in data["refused"]] == ["own_rec"]


ODDITIES = {
    "a license that is none": ({"license": "my own licence"}, "license: 'my own licence' is not an SPDX identifier"),
    "another script": ({"scripts": ["Hang"]}, "scripts: Latn is missing, in which Vietnamese (vi) is written"),
    "a script too many": (
        {"scripts": ["Latn", "Thai"]},
        "scripts: none of the claimed languages (vi) is written in Thai",
    ),
    "letters of nothing claimed": (
        {"languages": ["vi", "ko"], "scripts": ["Latn", "Kore"]},
        "languages: claims Korean (ko), but lacks all 11172 letters of Korean",
    ),
    "double entries": ({"charset": "double.txt"}, "charset: entries that occur more than once: 'a'"),
    "NFD": ({"charset": "nfd.txt"}, "charset: entries that are not in NFC, so its texts will not be either: "),
    "a predictor that nobody has": (
        {"inference": {"predictor": "text_recognitoin"}},
        "inference.predictor: no plugin has 'text_recognitoin' (did you mean text_recognition",
    ),
    "a source that nobody has": (
        {"sources": {"acme": {"onnx": {"bucket": "x"}}}},
        "sources.acme: no plugin has this source, so it is not asked",
    ),
    "no source": ({"sources": {}}, "sources: none: "),
    "a folder without weights": (
        {"sources": {"directory": {"onnx": {"path": "weights"}}}},
        "weights has no inference.onnx",
    ),
}


@pytest.mark.parametrize(("changes", "said"), ODDITIES.values(), ids=ODDITIES)
def test_what_is_odd_about_a_card_is_told(
    run: Callable[..., Any], install: Callable[..., None], changes: dict[str, object], said: str
) -> None:
    nfd = VIETNAMESE.encode() + "\ne\u0323\u0302\n".encode()
    install(rec("own_rec", **changes), rec("good_rec"), double=VIETNAMESE.encode() + b"\na\n", nfd=nfd)
    warning = next(text for text in listed(run)["warnings"] if said in text)
    assert warning.startswith("own_rec: ")
    assert listed(run)["status"] == "loaded"
    assert said in run("plugins", "list").out
    assert warning.removeprefix("own_rec: ") in json.loads(run("models", "show", "own_rec", "--json").out)["warnings"]
    assert said in run("models", "list", "-v").err
    shown = run("models", "show", "own_rec").out
    assert said in shown or "Lacks\tKorean (ko): all 11172" in shown.splitlines()


def test_a_good_card_is_not_odd(run: Callable[..., Any], install: Callable[..., None]) -> None:
    install(rec("good_rec"))
    assert listed(run)["warnings"] == []
    assert "Warning" not in run("models", "show", "good_rec").out


@pytest.mark.parametrize("there", [True, False])
def test_weights_that_came_with_a_plugin_are_not_missing(
    run: Callable[..., Any], install: Callable[..., None], site: SitePackages, there: bool
) -> None:
    install(rec("own_rec", sources={"directory": {"onnx": {"path": "weights"}}}))
    if there:
        (site.folder / "cards" / "weights").mkdir()
        (site.folder / "cards" / "weights" / "inference.onnx").write_bytes(b"weights")
    said = "no, but its weights came with its plugin" if there else "no"
    assert f"Installed\t{said}" in run("models", "show", "own_rec").out.splitlines()


class TestLetters:
    """How many of the claimed languages a charset can write, in words."""

    @pytest.mark.parametrize(
        ("languages", "said"),
        [
            (["vi"], "all of the language claimed"),
            (["ko"], "not all of the language claimed"),
            (["vi", "en"], "all of the 2 languages claimed"),
            (["ko", "ru"], "not all of any of the 2 languages claimed"),
            (["vi", "ko", "en"], "all of 2 of the 3 languages claimed"),
        ],
    )
    def test_their_number(
        self, run: Callable[..., Any], install: Callable[..., None], languages: list[str], said: str
    ) -> None:
        install(rec("own_rec", languages=languages))
        lines = run("models", "show", "own_rec").out.splitlines()
        assert f"Letters\t{said}" in lines

    def test_a_language_without_any_letter(self, run: Callable[..., Any], install: Callable[..., None]) -> None:
        install(rec("own_rec", languages=["ko"]))
        assert "Lacks\tKorean (ko): all 11172" in run("models", "show", "own_rec").out.splitlines()

    def test_the_closest_model_is_named_though_it_has_no_letter(
        self, run: Callable[..., Any], install: Callable[..., None]
    ) -> None:
        """Whoever claims a language is told why that does not count."""
        install(rec("own_rec", languages=["am"]))
        ran = run("models", "select", "--lang", "am")
        assert ran.code == 3
        assert "own_rec lacks all 282 letters of Amharic" in ran.err
