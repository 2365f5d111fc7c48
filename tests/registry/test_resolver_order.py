"""The resolver's policy: in which order sources are asked, and what ``PADDLE_PDX_MODEL_SOURCE`` means."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.registry.kit import MakeResolver, Shelf, offer_card

from ocrzoo_registry.errors import ExitCode, SourceError, UsageError
from ocrzoo_registry.settings import Settings

CARD = offer_card()


def test_sources_are_asked_by_rank_until_one_has_it(make_resolver: MakeResolver) -> None:
    zebra, ape, late = Shelf({}), Shelf(), Shelf()
    files = make_resolver(zebra=zebra, ape=ape, late=late).resolve(CARD, ["onnx"])
    assert files.manifest is not None
    assert files.manifest.source == "ape"
    assert zebra.listed == ape.listed == ["seaside_det onnx"]
    assert late.listed == []


@pytest.mark.parametrize(
    ("wanted", "order"),
    [
        ((), ("zebra", "ape", "late")),
        (("late",), ("late", "zebra", "ape")),
        (("ape",), ("ape", "zebra", "late")),
        (("late", "zebra"), ("late", "zebra")),
    ],
)
def test_one_wanted_source_is_tried_first_and_a_list_is_exact(
    settings: Settings, make_resolver: MakeResolver, wanted: tuple[str, ...], order: tuple[str, ...]
) -> None:
    chosen = make_resolver(replace(settings, sources=wanted), zebra=Shelf(), ape=Shelf(), late=Shelf())
    assert chosen.sources.names() == order


def test_one_wanted_source_can_be_the_only_one(settings: Settings, make_resolver: MakeResolver) -> None:
    chosen = make_resolver(replace(settings, sources=("ape",), sources_exact=True), zebra=Shelf(), ape=Shelf())
    assert chosen.sources.names() == ("ape",)


def test_sources_are_wanted_in_any_case(settings: Settings, make_resolver: MakeResolver) -> None:
    chosen = make_resolver(replace(settings, sources=("sHELF", "Ape")), Shelf=Shelf(), ape=Shelf())
    assert chosen.sources.names() == ("Shelf", "ape")


def test_a_source_outside_an_exact_list_is_never_asked(settings: Settings, make_resolver: MakeResolver) -> None:
    left_out = Shelf()
    chosen = make_resolver(replace(settings, sources=("ape", "zebra")), left=left_out, ape=Shelf({}), zebra=Shelf({}))
    with pytest.raises(SourceError):
        chosen.resolve(CARD, ["onnx"])
    assert left_out.listed == []


def test_an_unknown_source_is_told_with_the_known(settings: Settings, make_resolver: MakeResolver) -> None:
    chosen = make_resolver(replace(settings, sources=("shelff",)), shelf=Shelf())
    with pytest.raises(UsageError, match=r"'shelff' \(did you mean shelf\?\), which PADDLE_PDX_MODEL_SOURCE") as caught:
        chosen.resolve(CARD, ["onnx"])
    assert caught.value.exit_code == ExitCode.USAGE
