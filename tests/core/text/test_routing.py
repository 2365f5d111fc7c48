"""Routing: which lines are accepted after one result, and which of several results is used."""

from __future__ import annotations

import pytest
from tests.core.text.languages import AR, DE, EN, FR, JA, KO, RU, ZH

from ocrzoo.processing.recognition import Line
from ocrzoo.text.routing import CONFIDENT, Router
from ocrzoo_registry.languages.tags import Language

ASPECT = 10.0
"""Width of a line's crop over its height."""


def read(text: str, score: float = 0.98, *, until: float = 1.0) -> Line:
    """A line whose characters stand evenly from the left edge to a part of its width."""
    cells = 60.0
    columns = tuple(round((place + 0.5) * cells * until / max(len(text), 1)) for place in range(len(text)))
    return Line(text, score if text else 0.0, tuple(text), columns, (score,) * len(text), cells)


def router(*models: tuple[Language, ...]) -> Router:
    return Router(models)


class TestAccepted:
    """No other model reads the line."""

    def test_a_sure_line_in_a_script_of_no_other_model(self) -> None:
        models = router((ZH, EN), (RU,), (KO,))
        assert models.alternatives(read("举头望明月低头思故乡"), ASPECT) == []
        assert models.alternatives(read("that is the question"), ASPECT) == []

    def test_digits_and_punctuation(self) -> None:
        assert router((ZH, EN), (RU,)).alternatives(read("12.50-24.11.2026, 3%"), ASPECT) == []

    def test_a_language_that_several_models_read_is_no_reason_to_ask_them(self) -> None:
        assert router((RU, EN), (KO, EN)).alternatives(read("that is the question"), ASPECT) == []

    def test_a_line_that_looks_like_a_language_of_the_first_model(self) -> None:
        models = router((ZH, EN), (FR, DE))
        assert models.alternatives(read("It is a truth universally acknowledged"), ASPECT) == []


class TestNotAccepted:
    """Others read the line too."""

    @pytest.mark.parametrize(
        "line",
        [
            pytest.param(read("B TyMaHe Mopa ronyom", CONFIDENT - 0.01), id="unsure"),
            pytest.param(read(""), id="nothing"),
            pytest.param(read("          "), id="blanks alone"),
            pytest.param(read("that is the question", until=0.8), id="a gap at the end"),
        ],
    )
    def test_by_all_that_there_are(self, line: Line) -> None:
        assert router((ZH, EN), (RU,), (KO,)).alternatives(line, ASPECT) == [1, 2]

    def test_by_those_for_another_language_in_its_script(self) -> None:
        models = router((ZH, EN), (FR, DE), (RU,))
        assert models.alternatives(read("Je pense, donc je suis"), ASPECT) == [1]
        assert router((ZH,), (JA,), (EN,)).alternatives(read("春暁月光"), 3.0) == [1]

    def test_by_those_for_a_script_whose_letters_look_the_same(self) -> None:
        models = router((ZH, EN), (RU,), (KO,))
        assert models.alternatives(read("BCE BCE BCE BCE BCE"), ASPECT) == [1]

    def test_by_those_that_are_to_read_the_script_where_the_first_is_not(self) -> None:
        assert router((RU,), (EN,)).alternatives(read("that is the question"), ASPECT) == [1]


class TestBest:
    """Which reading counts."""

    def test_the_surer_one(self) -> None:
        readings = {0: read("B TyMaHe Mopa ronyom", 0.86), 1: read("В тумане моря голубом", 0.97)}
        assert router((ZH, EN), (RU,)).best([readings], [ASPECT]) == [1]

    def test_a_sure_one_of_a_part_is_worth_less(self) -> None:
        readings = {0: read("明月", 0.99, until=0.2), 1: read("春暁月光春暁月光", 0.9)}
        assert router((ZH,), (JA,)).best([readings], [ASPECT]) == [1]

    def test_blanks_are_worth_nothing(self) -> None:
        assert router((ZH, EN), (RU,)).best([{0: read("     ", 0.99), 1: read("Быть", 0.4)}], [3.0]) == [1]

    def test_text_that_looks_like_no_language_is_worth_less(self) -> None:
        readings = {0: read("B TyMaHe Mopa rosryom", 0.87), 1: read("В тумане моря гощбом", 0.8)}
        assert router((ZH, EN), (RU,)).best([readings], [ASPECT]) == [1]

    def test_of_one_script_the_model_for_the_language(self) -> None:
        models = router((ZH, EN), (FR, DE))
        english, french = "It is a truth universally acknowledged", "Rien ne sert de courir; il faut partir"
        assert models.best([{0: read(english, 0.96), 1: read(english, 0.999)}], [ASPECT]) == [0]
        assert models.best([{0: read(french, 0.999), 1: read(french, 0.96)}], [ASPECT]) == [1]

    def test_letters_that_the_languages_do_not_have_speak_against_a_reading(self) -> None:
        readings = {0: read("Gar\u00e7on", 0.96), 1: read("Garçon", 0.95)}
        assert router((AR,), (FR,)).best([readings], [3.0]) == [1]

    def test_of_equals_the_first(self) -> None:
        assert router((ZH, EN), (RU,)).best([{0: read("1874"), 1: read("1874")}], [2.0]) == [0]

    def test_letters_of_two_scripts_go_with_their_page(self) -> None:
        models = router((ZH, EN), (RU,))
        twin = {0: read("BCE", 0.97), 1: read("ВСЕ", 0.95)}
        russian = {0: read("B TyMaHe Mopa ronyom", 0.86), 1: read("В тумане моря голубом", 0.97)}
        english = {0: read("that is the question")}
        assert models.best([twin, english], [2.0, ASPECT]) == [0, 0]
        assert models.best([twin, russian], [2.0, ASPECT]) == [1, 1]
        assert models.best([{0: read("BCE", 0.97), 1: read("ВСЕ", 0.5)}, russian], [2.0, ASPECT]) == [0, 1]

    def test_words_that_leave_doubt_go_with_their_page(self) -> None:
        models = router((EN,), (FR, DE))
        words = [{0: read(word), 1: read(word)} for word in ("Paris", "Total", "Name")]
        english = [{0: read("It is a truth universally acknowledged")}, {0: read("that is the question")}]
        sentence = read("Rien ne sert de courir; il faut partir")
        french = [{0: sentence, 1: sentence}] * 2
        assert models.best([*words, *english], [3.0] * 3 + [ASPECT] * 2) == [0] * 5
        assert models.best([*words, *french], [3.0] * 3 + [ASPECT] * 2) == [1] * 5
