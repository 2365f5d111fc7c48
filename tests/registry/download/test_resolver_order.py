"""The resolver's policy: in which order sources are asked, and what ``PADDLE_PDX_MODEL_SOURCE`` means."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import pytest
from tests.registry.kit import WEIGHTS, MakeResolver, Shelf, offer_card, remote

from ocrzoo_registry.download.events import DownloadEvents
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import ExitCode, IntegrityError, SourceError, Unreachable, UsageError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing

CARD = offer_card()


def test_sources_are_asked_by_rank_until_one_has_it(make_resolver: MakeResolver) -> None:
    zebra, ape, late = Shelf({}), Shelf(), Shelf()
    files = make_resolver(zebra=zebra, ape=ape, late=late).get(DownloadRequest(CARD, ["onnx"]))
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
        chosen.get(DownloadRequest(CARD, ["onnx"]))
    assert left_out.listed == []


def test_the_error_of_an_unknown_source_names_a_known_one(settings: Settings, make_resolver: MakeResolver) -> None:
    for environ, where in (({}, ""), ({"PADDLE_PDX_MODEL_SOURCE": "shelff"}, " in PADDLE_PDX_MODEL_SOURCE")):
        chosen = make_resolver(replace(settings, sources=("shelff",), environ=environ), shelf=Shelf())
        message = f"unknown source 'shelff'{where} (did you mean shelf?): choose shelf"
        with pytest.raises(UsageError, match=f"^{re.escape(message)}$") as caught:
            chosen.get(DownloadRequest(CARD, ["onnx"]))
        assert caught.value.exit_code == ExitCode.USAGE


class Changing(Shelf):
    """A source whose listings differ: what it sends keeps the promise of the last of them only."""

    def __init__(self, revisions: Iterable[str]) -> None:
        super().__init__()
        self.revisions = list(revisions)

    def list(self, card: object, file_format: str) -> Listing:
        revision = self.revisions.pop(0)
        content = b"x" * len(WEIGHTS) if self.revisions else WEIGHTS
        return Listing(revision, (remote("inference.onnx", content),))


def test_what_changed_between_listing_and_transfer_is_listed_once_more(make_resolver: MakeResolver) -> None:
    files = make_resolver(hub=Changing(["1", "2"])).get(DownloadRequest(CARD, ["onnx"]))
    assert files.manifest is not None
    assert files.manifest.revision == "2"


@pytest.mark.parametrize("revisions", [["1", "1", "1"], ["1", "2", "3"]], ids=["unchanged", "changing for ever"])
def test_wrong_bytes_of_the_same_revision_stay_wrong(make_resolver: MakeResolver, revisions: list[str]) -> None:
    with pytest.raises(IntegrityError):
        make_resolver(hub=Changing(revisions)).get(DownloadRequest(CARD, ["onnx"]))


def test_a_failure_is_reported_before_the_next_source(make_resolver: MakeResolver) -> None:
    told: list[str] = []
    events = DownloadEvents(message=told.append)
    chosen = make_resolver(events=events, odd=Shelf(list_error=SourceError("closed today")), other=Shelf())
    chosen.get(DownloadRequest(CARD, ["onnx"]))
    assert told == ["seaside_det: odd: closed today"]


def test_a_silent_source_is_reported_once_for_all_models(make_resolver: MakeResolver) -> None:
    told: list[str] = []
    silent = Shelf(list_error=Unreachable("down"))
    chosen = make_resolver(events=DownloadEvents(message=told.append), silent=silent, other=Shelf())
    for _ in range(3):
        chosen.get(DownloadRequest(CARD, ["onnx"], refresh=True))
    assert told == ["silent: unreachable (down)"]


def test_the_error_carries_what_each_source_answered(make_resolver: MakeResolver) -> None:
    chosen = make_resolver(one=Shelf(list_error=Unreachable("down")), two=Shelf(list_error=Unreachable("out")))
    with pytest.raises(SourceError, match=r"no network \(2 sources tried\)") as caught:
        chosen.get(DownloadRequest(CARD, ["onnx"]))
    assert [(one.source, one.message, one.outcome) for one in caught.value.attempts] == [
        ("one", "down", "unreachable"),
        ("two", "out", "unreachable"),
    ]
