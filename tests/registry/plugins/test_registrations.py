"""Registrations: things by name, with the plugin they came from; nothing is guessed."""

from __future__ import annotations

import pytest

from ocrzoo_registry.errors import AmbiguousName, UnknownLanguage, UsageError
from ocrzoo_registry.plugins.registrations import Origin, Registration, Registrations

ONE = Origin("one", "dist-one", "1.0")
TWO = Origin("two", "dist-two", "2.0")


def offers(*pairs: tuple[str, Origin]) -> Registrations[str]:
    return Registrations("fruit", [Registration(name, origin) for name, origin in pairs], lambda value: value)


def test_names_are_sorted_and_found_with_their_origin() -> None:
    fruit = offers(("pear", TWO), ("apple", ONE))
    assert fruit.names == list(fruit) == ["apple", "pear"]
    assert len(fruit) == 2
    assert fruit.get("pear") == "pear"
    assert fruit.origin("pear") == TWO
    assert "pear" in fruit
    assert "plum" not in fruit


def test_an_unknown_name_is_told_with_all_names_where_they_are_few() -> None:
    with pytest.raises(UsageError, match=r"^no fruit is called 'aple': choose apple, pear$"):
        offers(("apple", ONE), ("pear", ONE)).get("aple")
    with pytest.raises(UsageError, match=r"no fruit is called 'apple'$"):
        offers().origin("apple")


def test_an_unknown_name_is_told_with_the_nearest_where_they_are_many() -> None:
    many = offers(*((name, ONE) for name in ["apple", *"bcdefghijk"]))
    with pytest.raises(UsageError, match=r"^no fruit is called 'aple' \(did you mean apple\?\)$"):
        many.get("aple")


def test_the_error_for_an_unknown_name_can_be_chosen() -> None:
    with pytest.raises(UnknownLanguage):
        Registrations[str]("language", [], str, missing=UnknownLanguage).get("tlh")


def test_a_name_offered_twice_is_refused_and_both_are_named() -> None:
    fruit = offers(("apple", ONE), ("pear", ONE), ("apple", TWO))
    message = (
        "fruit 'apple' is registered by 'one' (dist-one 1.0) and 'two' (dist-two 2.0): "
        "uninstall one, or disable one with OCRZOO_DISABLE_PLUGINS=two"
    )
    with pytest.raises(AmbiguousName) as caught:
        fruit.get("apple")
    assert str(caught.value) == message
    with pytest.raises(AmbiguousName):
        fruit.origin("apple")
    assert fruit.conflicts == {"apple": (ONE, TWO)}
    assert list(fruit) == ["pear"]


def test_an_official_name_stays_with_ocrzoo_and_the_other_offer_is_refused(caplog: pytest.LogCaptureFixture) -> None:
    official = Origin("ppocrv9", "ocrzoo", "0.1.0")
    fruit = Registrations(
        "fruit", [Registration("apple", ONE), Registration("APPLE", official)], lambda value: value.lower()
    )
    assert fruit.get("apple") == "APPLE"
    assert fruit.origin("apple") == official
    (warning,) = caplog.messages
    assert warning.startswith("fruit 'apple' is registered by 'ppocrv9' (ocrzoo 0.1.0) and 'one' (dist-one 1.0): ")
    assert warning.endswith("the official one is used; rename the other")


def test_a_distribution_without_a_name_takes_no_name() -> None:
    fruit = offers(("apple", ONE), ("apple", Origin("evil", "", "1.0")))
    assert "apple" not in fruit


def test_one_plugin_that_offers_a_name_twice_is_told_so() -> None:
    with pytest.raises(AmbiguousName) as caught:
        offers(("apple", ONE), ("apple", ONE)).get("apple")
    assert str(caught.value) == "fruit 'apple' is registered more than once by 'one' (dist-one 1.0): rename one of them"
