"""Which sources are asked, in which order, and for how long."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import pytest
from tests.registry.kit import MakeResolver, Shelf, offer_card

from ocrzoo_registry.cards.address import parse_address
from ocrzoo_registry.download import source_order
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.source_order import SourceOrder
from ocrzoo_registry.download.transfer import Cancelled
from ocrzoo_registry.errors import Busy, SourceError, TooSlow, Unreachable, UsageError
from ocrzoo_registry.plugins.registrations import Origin, Registration, Registrations
from ocrzoo_registry.plugins.specs import SourceSpec
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing

CARD = offer_card()
NOWHERE = f"{__name__}:nowhere"
ORIGIN = Origin("test", "test", "0")


def policy(settings: Settings, *specs: SourceSpec) -> SourceOrder:
    return SourceOrder(
        settings, Registrations("source", [Registration(spec, ORIGIN) for spec in specs], lambda spec: spec.name)
    )


REQUEST = DownloadRequest(CARD, ["onnx"])


@pytest.fixture
def gate() -> Iterator[Event]:
    gate = Event()
    yield gate
    gate.set()


def test_a_local_source_is_never_offline(settings: Settings) -> None:
    specs = SourceSpec("hub", NOWHERE, rank=1), SourceSpec("shelf", NOWHERE, rank=2, network=False)
    for offline in (False, True):
        chosen = policy(replace(settings, offline=offline), *specs)
        assert [chosen.is_offline(name) for name in ("hub", "shelf")] == [offline, False]


def test_only_a_known_source_that_says_so_changes_in_place(settings: Settings) -> None:
    chosen = policy(settings, SourceSpec("hub", NOWHERE, rank=1), SourceSpec("folder", NOWHERE, rank=2, mutable=True))
    assert [chosen.is_mutable(name) for name in ("hub", "folder", "gone")] == [False, True, False]


def test_a_model_of_an_address_is_asked_of_those_that_read_it_or_keep_copies(settings: Settings) -> None:
    card = CARD.located_in(Path(), parse_address("hf://ocean/signs"))
    other = SourceSpec("other", NOWHERE, rank=1)
    hub = SourceSpec("hub", NOWHERE, rank=2, card_key="huggingface")
    cache = SourceSpec("cache", NOWHERE, rank=3, keeps_copies=True)
    assert policy(settings, other, cache, hub).names_for(card) == ("hub", "cache")
    assert policy(settings, other).names_for(card) == ("other",), "none reads it: a bundle is the only source"


def test_a_silent_source_is_asked_last_for_a_while(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    chosen = policy(settings)
    chosen.note_silence("a")
    chosen.note_silence("b")
    assert chosen.responsive_first(["a", "b", "c", "d"]) == ["c", "d", "a", "b"]
    now[0] += source_order.REMEMBER_SILENCE_S
    assert chosen.responsive_first(["a", "b", "c", "d"]) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("error", [Unreachable("down"), TooSlow("slow"), Busy("503")], ids=repr)
def test_the_resolver_remembers_who_did_not_answer(make_resolver: MakeResolver, error: Exception) -> None:
    silent, other = Shelf(list_error=error), Shelf()
    chosen = make_resolver(silent=silent, other=other)
    chosen.get(DownloadRequest(CARD, ["onnx"], refresh=True))
    silent.list_error = None
    chosen.get(DownloadRequest(CARD, ["onnx"], refresh=True))
    assert len(silent.listed) == 1
    other.contents = {}
    chosen.get(DownloadRequest(CARD, ["onnx"], refresh=True))  # the last to be asked is still asked
    assert len(silent.listed) == 2


def test_a_source_that_answered_keeps_its_turn_whatever_it_said(make_resolver: MakeResolver) -> None:
    odd = Shelf(list_error=SourceError("odd"))
    chosen = make_resolver(odd=odd, other=Shelf())
    for _ in range(2):
        chosen.get(DownloadRequest(CARD, ["onnx"], refresh=True))
    assert len(odd.listed) == 2


@dataclass
class Sleepy:
    """A source that says nothing until the gate opens."""

    gate: Event

    def list(self, card: object, file_format: object) -> Listing | None:
        self.gate.wait(30)
        return None


def asleep(settings: Settings, gate: Event, monkeypatch: pytest.MonkeyPatch) -> SourceOrder:
    monkeypatch.setattr(source_order, "load_attribute", lambda _dotted: lambda _settings: Sleepy(gate))
    return policy(settings, SourceSpec("sleepy", NOWHERE, rank=1, list_timeout_s=0.1))


def test_a_source_has_a_bounded_time_to_list(settings: Settings, gate: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    start = time.monotonic()
    with pytest.raises(Unreachable, match="no answer within 0 s"):
        asleep(settings, gate, monkeypatch).list("sleepy", REQUEST, Event())
    assert time.monotonic() - start < 5


def test_a_cancelled_listing_is_not_waited_for(
    settings: Settings, gate: Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = policy(settings, SourceSpec("sleepy", NOWHERE, rank=1, list_timeout_s=30.0))
    monkeypatch.setattr(source_order, "load_attribute", lambda _dotted: lambda _settings: Sleepy(gate))
    cancelled = Event()
    cancelled.set()
    start = time.monotonic()
    with pytest.raises(Cancelled, match="cancelled"):  # not Unreachable, which is remembered
        chosen.list("sleepy", REQUEST, cancelled)
    assert time.monotonic() - start < 5


def test_a_source_that_cannot_be_loaded_is_a_source_error_when_it_is_asked(settings: Settings) -> None:
    chosen = policy(settings, SourceSpec("gone", "ocrzoo_no_such_module:Source", rank=1))
    with pytest.raises(SourceError, match="ocrzoo_no_such_module"):
        chosen.list("gone", REQUEST, Event())
    with pytest.raises(UsageError, match="cannot load"):
        chosen.load("gone")


def test_a_source_is_made_once_with_the_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Settings] = []

    def make(settings: Settings) -> Shelf:
        made.append(settings)
        return Shelf()

    monkeypatch.setattr(source_order, "load_attribute", lambda _dotted: make)
    chosen = policy(settings, SourceSpec("shelf", NOWHERE, rank=1))
    assert chosen.load("shelf") is chosen.load("shelf")
    assert made == [settings]


class Broken:
    """A plugin's source whose every answer is an error."""

    def __init__(self, _settings: Settings) -> None:
        self.settings = _settings

    def _fail(self, *_: object) -> None:
        raise ZeroDivisionError("no shelf")

    list = open = holds = offer = cards = _fail


def test_a_source_that_raises_has_nothing_and_costs_no_other(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    specs = [SourceSpec("broken", f"{__name__}:Broken", rank=1), SourceSpec("gone", f"{__name__}:Gone", rank=2)]
    chosen = policy(
        replace(settings, mirror_cards=True), *(replace(spec, network=False, discoverable=True) for spec in specs)
    )

    for name in ("broken", "gone"):
        assert not chosen.holds(name, CARD.name)
        assert not chosen.lists(name, CARD, "onnx")
    assert chosen.offer(CARD.name) is None
    assert chosen.cards() == ()
    broken, gone = caplog.messages
    assert broken == f"no cards from broken ({ORIGIN}): ZeroDivisionError: no shelf"
    assert gone.startswith(f"no cards from gone: cannot load '{__name__}:Gone'")
