"""Cards of addresses: the source that they are drafted from, what an odd README.md costs, and how errors name them."""

from __future__ import annotations

import io
import json
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.registry.kit import WEIGHTS, Shelf, remote

from ocrzoo_registry import addressed_cards
from ocrzoo_registry.addressed_cards import FILE_NAME, AddressedCards
from ocrzoo_registry.cards.address import parse_address
from ocrzoo_registry.download import tar
from ocrzoo_registry.download.source_order import SourceOrder
from ocrzoo_registry.errors import IntegrityError, NotOffered, SourceError, StoreError
from ocrzoo_registry.plugins.registrations import Origin, Registration, Registrations
from ocrzoo_registry.plugins.specs import PredictorSpec, SourceSpec
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.store import Store

ADDRESS = parse_address("hf://ocean/signs")
MODEL = {"inference.onnx": WEIGHTS}
ENGLISH = b"---\nlanguage: en\n---\n"


def cards_of(settings: Settings, **sources: Shelf) -> AddressedCards:
    """Cards of repositories that these sources have, ranked in the order given; ``cache`` keeps copies."""
    specs = [
        SourceSpec(name, "nowhere:nothing", rank=rank, network=False, card_key="huggingface")
        if name != "cache"
        else SourceSpec(name, "nowhere:nothing", rank=rank, network=False, keeps_copies=True)
        for rank, name in enumerate(sources)
    ]
    offers = [Registration(spec, Origin("test", "test", "0")) for spec in specs]
    order = SourceOrder(settings, Registrations("source", offers, lambda spec: spec.name), sources)
    predictors: Registrations[PredictorSpec] = Registrations("predictor", [], lambda spec: spec.name)
    return AddressedCards(Store(settings.home), order, predictors)


ODD = {
    "a date without quotes": b"---\ndate: 2024-01-01\n---\n",
    "a key twice": b"---\nlicense: mit\nlicense: mit\n---\n",
    "a text between two rules": b"---\nSigns on the beach.\n---\n",
    "larger than a README.md is": b"x" * ((8 << 20) + 1),
    "a figure that is no number": b"---\nmodel-index: [{results: [{metrics: [{type: cer, value: .nan}]}]}]\n---\n",
    "a language that cards cannot state": b"---\nlanguage: es-419\n---\n",
}


@pytest.mark.parametrize("readme", ODD.values(), ids=ODD)
def test_a_model_with_an_odd_readme_can_be_used(settings: Settings, readme: bytes) -> None:
    card = cards_of(settings, hub=Shelf({**MODEL, "README.md": readme})).card(ADDRESS)
    assert (card.artifacts["onnx"].files[0].path, card.languages, card.metrics) == ("inference.onnx", (), ())


LOST = {
    "does not arrive": Shelf({**MODEL, "README.md": ENGLISH}, open_error=SourceError("it was deleted")),
    "is not the one that was listed": Shelf(
        {**MODEL, "README.md": ENGLISH}, promised=[remote("inference.onnx", WEIGHTS), remote("README.md", b"# Signs")]
    ),
}


@pytest.mark.parametrize("hub", LOST.values(), ids=LOST)
def test_a_readme_that_is_not_verified_is_not_believed(settings: Settings, hub: Shelf) -> None:
    assert cards_of(settings, hub=hub).card(ADDRESS).languages == ()


def test_a_kept_card_with_an_unreadable_address_is_drafted_again(settings: Settings) -> None:
    cards_of(settings, hub=Shelf(MODEL)).card(ADDRESS)
    kept = Store(settings.home).private / "cards" / ADDRESS.name / FILE_NAME
    kept.write_text(json.dumps({**json.loads(kept.read_text()), "address": "gopher://ocean/signs"}))
    hub = Shelf({**MODEL, "README.md": ENGLISH})
    assert cards_of(settings, hub=hub).card(ADDRESS).languages == ("en",)


@pytest.mark.parametrize("name", ["inference.yml", "README.md"])
def test_a_link_out_of_a_folder_is_not_read(settings: Settings, tmp_path: Path, name: str) -> None:
    """A stranger's folder could have a file of this machine read, and copied into a bundle."""
    own, secret = tmp_path / "own", tmp_path / "secret"
    own.mkdir()
    secret.write_text("secret: yes")
    (own / "inference.onnx").write_bytes(WEIGHTS)
    (own / name).symlink_to(secret)
    with pytest.raises(SourceError, match=rf"{name} is a link to a file outside of {own}: copy it there"):
        cards_of(settings).card(parse_address(str(own)))


@pytest.mark.parametrize(("name", "refused"), [("inference.yml", True), ("README.md", False)])
def test_a_large_file_of_an_archive_is_not_unpacked(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, refused: bool
) -> None:
    unpacked: list[str] = []
    monkeypatch.setattr(tar, "unpack", lambda a, b, wanted, c: unpacked.extend(wanted))
    with tarfile.open(tmp_path / "own.tar", "w") as archive:
        for path, size in (("own/inference.onnx", 1), (f"own/{name}", (8 << 20) + 1)):
            member = tarfile.TarInfo(path)
            member.size = size
            archive.addfile(member, io.BytesIO(bytes(size)))
    address = parse_address(str(tmp_path / "own.tar"))
    if refused:
        with pytest.raises(IntegrityError, match=r"inference\.yml has more than 8 MiB"):
            cards_of(settings).card(address)
    else:
        cards_of(settings).card(address)
    assert name not in unpacked


class TestTheSourceOfACard:
    def test_is_the_first_that_has_the_repository(self, settings: Settings) -> None:
        """Copies that others keep may be older."""
        shelves = {"cache": Shelf(MODEL), "empty": Shelf({}), "hub": Shelf({**MODEL, "README.md": ENGLISH})}
        last = Shelf(MODEL)
        card = cards_of(settings, **shelves, last=last).card(ADDRESS)
        assert card.languages == ("en",)
        assert [bool(shelf.listed) for shelf in (*shelves.values(), last)] == [False, True, True, False]

    def test_is_another_where_one_fails(self, settings: Settings) -> None:
        failing = Shelf(list_error=SourceError("it is down"))
        assert cards_of(settings, first=failing, hub=Shelf(MODEL), last=failing).card(ADDRESS).name == ADDRESS.name

    def test_is_named_where_none_has_it(self, settings: Settings) -> None:
        with pytest.raises(NotOffered, match=r"hf://ocean/signs: no such repository .* on hub, other"):
            cards_of(settings, hub=Shelf({}), other=Shelf({})).card(ADDRESS)
        with pytest.raises(SourceError, match="it is down"):
            cards_of(settings, hub=Shelf({}), other=Shelf(list_error=SourceError("it is down"))).card(ADDRESS)


class TestAnErrorNamesTheAddress:
    """And no temporary file, which is deleted when it is read."""

    BROKEN: Mapping[str, bytes] = {**MODEL, "inference.yml": b"Global: ["}

    def test_of_a_repository(self, settings: Settings) -> None:
        with pytest.raises(IntegrityError, match=r"^hf://ocean/signs: inference\.yml: not valid YAML") as caught:
            cards_of(settings, hub=Shelf(self.BROKEN)).card(ADDRESS)
        assert tempfile.gettempdir() not in str(caught.value)

    def test_of_an_archive(self, settings: Settings, tmp_path: Path) -> None:
        own = tmp_path / "own"
        own.mkdir()
        for name, content in self.BROKEN.items():
            (own / name).write_bytes(content)
        with tarfile.open(tmp_path / "own.tar", "w") as archive:
            archive.add(own, "own")
        address = parse_address(str(tmp_path / "own.tar"))
        with pytest.raises(IntegrityError) as caught:
            cards_of(settings).card(address)
        assert str(caught.value).startswith(f"{address}: inference.yml: not valid YAML")

    def test_where_its_card_cannot_be_written(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_arguments: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(addressed_cards, "write_atomically", full)
        with pytest.raises(StoreError, match=r"^hf://ocean/signs: its card could not be written to .*: No space left"):
            cards_of(settings, hub=Shelf(MODEL)).card(ADDRESS)
