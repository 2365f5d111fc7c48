"""Help, messages and pages use the field's standard words; ``REFUSED`` names the word to use in place of each other."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/*/README.md")])
CODE = sorted(path for room in ("core", "registry", "plugins") for path in (ROOT / room).rglob("*.py"))

REFUSED = {
    r"off limits": "offline mode",
    r"vouch(es|ed|ing)?": "has a digest, or expected digest",
    r"promis(e|es|ed|ing)": "expected digest, or a plain statement",
    r"at hand": "local, or here",
    r"(within|out of) reach": "available, or unavailable",
    r"(can|could|may|might|to) be had": "is available, or can be downloaded",
    r"had from": "downloaded from",
    r"on offer": "registered, or available",
    r"first seen": "trust on first use",
    r"anew": "again",
    r"mend(s|ed|ing)?": "repair",
    r"made-up": "synthetic",
    r"stand-ins?": "synthetic model, or test double",
    r"stand(s|ing)? in for": "replaces",
    r"g(ive|ives|ave|iving) way": "times out, or falls back",
    r"clears? away": "prune, or delete",
    r"look(s|ed|ing)? after": "maintain",
    r"upkeep": "maintenance",
    r"by halves": "partial",
    r"told": "reported, logged, or passed",
    r"tongues?": "languages",
    r"evidence": "language support",
    r"set(s|ting)? upright": "correct the orientation",
    r"stands? on (its|their) head": "upside down",
    r"(lies|lie|lay|lain|lying) (in|on|at|below|under|beside|here|there)": "is in, or is stored in",
    r"stands (in|on|before|behind|beside|below|under|there)": "is in, or is",
    r"is (?-i:none)": "is not one, or there is none",
    r"takes? part": "is used",
    r"broke off": "was interrupted",
    r"licences?": "license",
    r"artefacts?": "artifact",
    r"catalogues?": "catalog",
    r"colours?": "color",
    r"behaviours?": "behavior",
    r"(recogni|normali|initiali|organi)s(e|es|ed|ing|er)": "-ize",
}
"""Words that say nothing to a stranger, or are British; as regular expressions, each with what to write instead."""

PATTERN = re.compile("|".join(rf"(?P<w{number}>\b(?:{word})\b)" for number, word in enumerate(REFUSED)), re.IGNORECASE)
SUGGESTIONS = list(REFUSED.values())


def refused(text: str) -> list[str]:
    """Return each refused word of a text, with what to write instead."""
    flat = " ".join(text.split())
    found = []
    for match in PATTERN.finditer(flat):
        number = int((match.lastgroup or "w0")[1:])
        context = flat[max(0, match.start() - 40) : match.end() + 20]
        found.append(f"{match[0]!r} in '...{context}...': write {SUGGESTIONS[number]}")
    return found


def messages(source: str) -> Iterator[tuple[int, str]]:
    """Yield the strings of a module that hold several words and are not docstrings, with their lines."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
            and " " in node.value
        ):
            yield node.lineno, node.value


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_help_uses_standard_words(generate: ModuleType) -> None:
    helps = dict(generate.help_pages(generate.command_line))
    assert len(helps) > 20
    assert {command: found for command, text in helps.items() if (found := refused(text))} == {}


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_messages_use_standard_words(path: Path) -> None:
    texts = messages(path.read_text("utf-8"))
    assert [f"line {line}: {one}" for line, text in texts for one in refused(text)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_use_standard_words(page: Path) -> None:
    text = re.sub(r"^```text\n.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert refused(text) == []


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("the network is off\nlimits", "offline mode"),
        ("Fetched Anew.", "again"),
        ("it was told", "reported"),
        ("a licence", "license"),
        ("the weights can be had", "is available"),
    ],
)
def test_a_refused_word_names_the_word_to_use(text: str, suggestion: str) -> None:
    [found] = refused(text)
    assert suggestion in found


@pytest.mark.parametrize("text", ["amend", "I recommend it", "a license", "standing", "untold", "handle", "artifact"])
def test_good_english_is_accepted(text: str) -> None:
    assert refused(text) == []


def test_docstrings_are_not_messages() -> None:
    assert list(messages('"""Doc."""\nraise ValueError(f"a {b} c")\n')) == [(2, "a "), (2, " c")]
