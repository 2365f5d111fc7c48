"""Recognition models made for the tests of selection: their cards, and charsets of a few letters."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.registry.kit import offer_card

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.catalog import Catalog
from ocrzoo_registry.languages.tags import language_of_tag
from ocrzoo_registry.plugins.registrations import Origin, Registration, Registrations
from ocrzoo_registry.plugins.specs import SourceSpec
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

ORIGIN = Origin("test", "test", "0")


def letters_of(*tags: str) -> str:
    """Give the letters that languages need."""
    return "".join(sorted({letter for tag in tags for letter in language_of_tag(tag).letters}))


class Readers:
    """Makes recognition models in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def make(
        self,
        name: str,
        *languages: str,
        letters: Iterable[str] | None = None,
        accuracy: dict[str, float] | None = None,
        **changes: object,
    ) -> ModelCard:
        """Make a model that claims languages; without ``letters`` its charset has those of all that it claims."""
        written = letters_of(*languages) if letters is None else letters
        (self.folder / f"{name}.txt").write_text("\n".join(["0", *written]) + "\n", encoding="utf-8")
        metrics = [
            {"name": "accuracy", "value": value, "unit": "percent", "language": language, "source": "a test"}
            for language, value in (accuracy or {}).items()
        ]
        card: dict[str, object] = {
            "task": "text_recognition",
            "charset": f"{name}.txt",
            "languages": list(languages),
            "metrics": metrics,
        }
        return offer_card(self.folder, name=name, **card | changes)


def zoo_of(settings: Settings, *cards: ModelCard) -> Zoo:
    """Give a zoo with these models and one source, a folder beside the card."""
    zoo = Zoo(settings)
    zoo.__dict__["models"] = Catalog(Registration(card, ORIGIN) for card in cards)
    directory = SourceSpec("directory", "ocrzoo_registry.sources.directory:DirectorySource", rank=10, network=False)
    zoo.__dict__["sources"] = Registrations("source", [Registration(directory, ORIGIN)], lambda spec: spec.name)
    return zoo
