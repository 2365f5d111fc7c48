"""The generated documents say what the code says, and the pages link to things that exist."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_generated_documents_are_up_to_date() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_the_readme_is_a_page_and_not_a_book() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 80


def test_the_readme_counts_models_and_languages_right() -> None:
    from ocrzoo_registry.zoo import Zoo

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    official = [card for card in Zoo().models.search() if card.folder and "ocrzoo_cards" in card.folder.parts]
    assert f"**{len(official)} models, more by plugin**" in text
    page = (ROOT / "docs" / "languages.md").read_text(encoding="utf-8")
    counted = re.search(r"they name (\d+) of the (\d+) languages here", page)
    assert counted is not None
    assert f"| languages | {counted[1]}, by code |" in text
    assert f"| {counted[2]}, by BCP-47 tag" in text


def test_the_checked_in_schema_accepts_a_card_and_refuses_a_misspelt_key() -> None:
    schema = yaml.safe_load((ROOT / "docs" / "model-card.schema.json").read_text(encoding="utf-8"))
    card = yaml.safe_load((ROOT / "model_cards/ocrzoo_cards/ppocrv5/PP-OCRv5_mobile_rec.yaml").read_text("utf-8"))
    import jsonschema  # slow to import

    jsonschema.validate(card, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**card, "langauges": ["en"]}, schema)


def test_every_key_of_a_card_is_described() -> None:
    schema = json.loads((ROOT / "docs" / "model-card.schema.json").read_text(encoding="utf-8"))
    keys = {
        (name, key): value
        for name, record in [("ModelCard", schema), *schema["$defs"].items()]
        for key, value in record.get("properties", {}).items()
    }
    assert len(keys) > 30
    assert [key for key, value in keys.items() if not value.get("description")] == []


def test_the_tutorials_card_is_a_card() -> None:
    from ocrzoo_registry.cards.loader import build_card

    text = (ROOT / "docs" / "plugins" / "tutorial.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert found is not None
    data = yaml.safe_load(found.group(1))
    assert build_card(data, origin="the tutorial").name == "seaside_rec"
