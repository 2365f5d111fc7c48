"""What decides between models that read a language: the ranking, what is on this machine, the size; and gaps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.readers import Readers, letters_of, zoo_of

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import AmbiguousLanguage, UnknownLanguage, UsageError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo, select_models


@pytest.fixture
def readers(tmp_path: Path) -> Readers:
    return Readers(tmp_path)


def on_disk(settings: Settings, folder: Path, *cards: ModelCard) -> Settings:
    """Put empty weights of models into a folder of ``OCRZOO_MODEL_PATH``."""
    for card in cards:
        place = folder / f"{card.name}_onnx"
        place.mkdir(parents=True)
        (place / "inference.onnx").write_bytes(b"")
        (place / "inference.yml").write_bytes(b"")
    return replace(settings, model_path=(folder,))


def names(zoo: Zoo, lang: str, **terms: object) -> list[str]:
    found = select_models(lang, zoo=zoo, default="", **terms)  # type: ignore[arg-type]
    return [one.name for one in found.require()]


class TestPreferences:
    """The same models, and another one chosen."""

    @pytest.fixture
    def zoo(self, settings: Settings, readers: Readers, tmp_path: Path) -> Zoo:
        best = readers.make("best", "el", "ru", size_mb=80.0, version="9")
        here = readers.make("here", "el", size_mb=20.0)
        small = readers.make("small", "el", size_mb=2.0)
        only = readers.make("only", "th", size_mb=5.0)
        return zoo_of(on_disk(settings, tmp_path / "disk", here), best, here, small, only)

    @pytest.mark.parametrize(("prefer", "name"), [("best", "best"), ("installed", "here"), ("small", "small")])
    def test_one_language(self, zoo: Zoo, prefer: str, name: str) -> None:
        assert names(zoo, "el", prefer=prefer) == [name]

    def test_what_is_not_on_this_machine_is_used_where_nothing_else_reads(self, zoo: Zoo) -> None:
        assert names(zoo, "th", prefer="installed") == ["only"]
        assert names(zoo, "el,th", prefer="installed") == ["here", "only"]

    def test_the_reason_names_what_is_on_this_machine(self, zoo: Zoo) -> None:
        assert select_models("el", zoo=zoo, default="").reason.endswith(
            "; here is on this machine (--prefer installed)"
        )
        found = select_models("el", zoo=zoo, default="", prefer="installed")
        assert "best is not installed" in [found.explain(one) for one in found.candidates]

    def test_only_models_on_this_machine(self, zoo: Zoo) -> None:
        assert names(zoo, "el", installed=True) == ["here"]
        assert select_models("ru", zoo=zoo, default="", installed=True).selected_models == ()

    def test_an_unknown_preference(self, zoo: Zoo) -> None:
        with pytest.raises(
            UsageError, match=r"prefer: 'smal' is not one of best, installed, small \(did you mean small"
        ):
            names(zoo, "el", prefer="smal")


class TestMissingLetters:
    """A model that lacks letters is used only on request, and what it lacks is said."""

    @pytest.fixture
    def zoo(self, settings: Settings, readers: Readers) -> Zoo:
        few = readers.make("few", "de", letters=letters_of("en")[:40], size_mb=1.0)
        most = readers.make("most", "de", letters=letters_of("en"), size_mb=9.0)
        return zoo_of(settings, few, most, readers.make("unclaimed", "en"), readers.make("none", "th", letters="x"))

    def test_it_is_refused_with_the_way_to_use_it(self, zoo: Zoo) -> None:
        with pytest.raises(UnknownLanguage) as caught:
            names(zoo, "de")
        assert "lacks 7 of the 59 letters of German" in str(caught.value)
        assert "to read it all the same, add --accept_missing (in Python accept_missing=True)" in str(caught.value)

    @pytest.mark.parametrize("prefer", ["best", "small"])
    def test_the_model_with_most_letters_is_used_with_a_warning(self, zoo: Zoo, prefer: str) -> None:
        assert names(zoo, "de", accept_missing=True, prefer=prefer) == ["most"]
        (note,) = select_models("de", zoo=zoo, default="", accept_missing=True).notes
        assert note.startswith("most cannot write ß (LATIN SMALL LETTER SHARP S), ä")
        assert note.endswith("and 4 more, 7 of the 59 letters of German (de)")

    def test_a_model_with_all_letters_needs_no_permission(self, settings: Settings, readers: Readers) -> None:
        zoo = zoo_of(settings, readers.make("some", "de", letters="abc"), readers.make("all", "de"))
        assert names(zoo, "de", accept_missing=True) == ["all"]
        assert select_models("de", zoo=zoo, default="", accept_missing=True).notes == ()

    def test_a_model_without_any_letter_is_never_used(self, zoo: Zoo) -> None:
        found = select_models("th", zoo=zoo, default="", accept_missing=True)
        assert found.selected_models == ()
        assert "--accept_missing" not in found.reason

    def test_without_a_claim_nothing_is_accepted(self, zoo: Zoo) -> None:
        found = select_models("eo", zoo=zoo, default="", accept_missing=True)
        assert found.selected_models == ()
        assert "--accept_missing" not in found.reason


def test_kannada_by_the_official_models() -> None:
    with pytest.raises(AmbiguousLanguage) as caught:
        select_models("ka")
    said = str(caught.value)
    assert "use 'kn' for Kannada (PaddleOCR's meaning), or 'ka-Geor' for Georgian" in said
    assert "ka_PP-OCRv3_mobile_rec, lacks 9 of the 71 letters of Kannada" in said
    assert "add --accept_missing" in said
    assert names(Zoo(), "kn", accept_missing=True) == ["ka_PP-OCRv3_mobile_rec"]


def test_an_ambiguous_code_whose_meaning_is_read_has_no_more_to_say() -> None:
    with pytest.raises(AmbiguousLanguage) as caught:
        select_models("ku")
    assert str(caught.value).endswith("or 'ku-Arab' for Kurdish (Arabic)")


def test_a_language_that_is_also_a_country() -> None:
    assert "'kr' as a country is Korean: use 'ko'" in select_models("kr").reason
    assert "as a country" not in select_models("ga").reason
