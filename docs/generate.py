"""Write the pages that are generated from the code: ``python docs/generate.py [--check]``.

``accuracy.md`` from measured figures, ``api.md`` from docstrings, ``cli.md`` from the commands' help, ``inputs.md``
from the table of formats, ``models.md`` from the cards, ``languages.md`` from the cards, their charsets and Unicode
CLDR's letters, ``model-card.schema.json`` from the schema, ``page-accuracy.md`` from measured figures,
``plugins/checking.md`` from the list of checks, ``plugins/hooks.md`` and a page a hook from the hook specifications.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, get_origin

import click

from ocrzoo.cli.root import ocrzoo as command_line
from ocrzoo.inputs.file_types import FORMATS
from ocrzoo.testing.checks import CHECKS
from ocrzoo_registry.cards import figures
from ocrzoo_registry.cards import schema as card_schema
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.cards.size import size_mb
from ocrzoo_registry.catalog import Catalog
from ocrzoo_registry.languages.report import LanguageReport, support_matrix
from ocrzoo_registry.languages.support import LanguageSupport, claimed_support
from ocrzoo_registry.languages.tags import paddle_codes, parse_language
from ocrzoo_registry.plugins.hookspecs import HookSpecs
from ocrzoo_registry.plugins.registrations import OFFICIAL
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

DOCS = Path(__file__).parent
MADE = "<!-- Made by docs/generate.py; do not edit. -->"


HELP_WIDTH = 110
"""Columns of help, the widest that the commands print."""


def help_pages(command: click.Command, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    """Yield the name and the ``--help`` of a command and of those below it, in the order in which help lists them."""
    name = command.name or ""
    context = click.Context(command, info_name=name, parent=parent, **command.context_settings)
    context.terminal_width = HELP_WIDTH
    yield context.command_path, context.get_help()
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            one = command.get_command(context, below)
            if one is not None:
                yield from help_pages(one, context)


def cli_page() -> str:
    """Return the help of every command."""
    intro = "What `--help` prints for each command. Options may be written with hyphens too: `--save-path`."
    parts = [MADE, "# Commands", intro]
    for path, text in help_pages(command_line):
        parts.append(f"## `{path}`\n\n```text\n{text.rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


def public_names(package: ModuleType) -> Iterator[str]:
    """Yield a row for each public name of a package, functions first: the name, and its docstring's first paragraph."""
    for name in sorted(package.__all__, key=lambda name: (not inspect.isroutine(getattr(package, name)), name)):
        value = getattr(package, name)
        alias = isinstance(value, str) or get_origin(value) is not None
        text = "A type alias." if alias else (inspect.getdoc(value) or "").partition("\n\n")[0]
        text = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", " ".join(text.split())).replace("``", "`").replace("|", "\\|")
        yield f"| `{name}{'()' if inspect.isroutine(value) else ''}` | {text} |"


def api_page() -> str:
    """Return the public names of the two packages."""
    import ocrzoo
    import ocrzoo_registry

    head = "| name | meaning |\n|---|---|"
    parts = [
        MADE,
        "# Python",
        "Programs import `ocrzoo`, plugins `ocrzoo_registry`. Docstrings have the details: `help(ocrzoo.read)`.",
        "## `ocrzoo`",
        "\n".join([head, *public_names(ocrzoo)]),
        "## `ocrzoo_registry`",
        "\n".join([head, *public_names(ocrzoo_registry)]),
    ]
    return "\n\n".join(parts) + "\n"


HOOKS = {name.removeprefix("ocrzoo_"): hook for name, hook in vars(HookSpecs).items() if name.startswith("ocrzoo_")}
"""The hooks by the names of their pages."""

COMPLETE = """\
The module below is a complete plugin, as `ocrzoo_seaside.py` beside a `pyproject.toml` with this entry point
([write a plugin](../tutorial.md)):

```toml
[project.entry-points.ocrzoo]
seaside = "ocrzoo_seaside"
```"""


def hooks_page() -> str:
    """Return the list of hooks, with what all of them have in common."""
    contract = inspect.cleandoc(sys.modules[HookSpecs.__module__].__doc__ or "").replace("::\n", ":\n")
    said = {name: (inspect.getdoc(hook) or "").split("\n")[0] for name, hook in HOOKS.items()}
    rows = [f"| [`ocrzoo_{name}`](hooks/{name}.md) | {text} |" for name, text in said.items()]
    rules = " ".join(inspect.cleandoc(HookSpecs.__doc__ or "").split()).removeprefix("The hooks. ")
    table = "\n".join(["| hook | |", "|---|---|", *rows])
    return "\n\n".join([MADE, "# The hooks", contract.replace("``", "`"), rules, table]) + "\n"


def hook_page(name: str) -> str:
    """Return the page of a hook: what its docstring says, with its runnable plugin."""
    text = inspect.cleandoc(HOOKS[name].__doc__ or "").replace("**Example:**\n\n", "")
    before, _, after = text.partition(".. code-block:: python\n\n")
    lines = after.split("\n")
    end = next((i for i, line in enumerate(lines) if line and not line.startswith("    ")), len(lines))
    code = inspect.cleandoc("\n".join(lines[:end]))
    prose = [part.strip().replace("``", "`").replace("::\n", ":\n") for part in (before, "\n".join(lines[end:]))]
    parts = [MADE, f"# `ocrzoo_{name}`", prose[0], COMPLETE, f"```python\n{code}\n```", prose[1]]
    return "\n\n".join(part for part in parts if part) + "\n"


def official_zoo() -> Zoo:
    """Return a zoo with the models of ocrzoo alone, whatever else is installed, and without weights."""
    zoo = Zoo(Settings(home=DOCS / "nowhere"))
    offers = [offer for offer in zoo.plugins.model_cards() if offer.origin.distribution == OFFICIAL]
    zoo.models = Catalog(offers)  # in place of the cached property
    return zoo


def models_page() -> str:
    """Return the table of all official models, and their other names."""
    cards = official_zoo().models.search()
    rows = [
        f"| {card.name} | {card.task} | {card.tier or ''} | {' '.join(card.languages)} | {lacking_letters(card)} "
        f"| {'' if (size := size_mb(card)) is None else f'{size:g}'} | {', '.join(card.artifacts)} |"
        for card in cards
    ]
    others = [f"| {card.name} | {' '.join(card.aliases)} |" for card in cards if card.aliases]
    head = [
        "| model | task | tier | claimed languages | missing letters | MB | formats |",
        "|---|---|---|---|---|---|---|",
    ]
    intro = (
        "Languages are what the publishers claim; next to them is how many letters of which language a charset lacks "
        "([languages](languages.md)). `ocrzoo models show NAME` prints everything that is known of a model, and "
        "`ocrzoo models diff A B` how two differ: characters, languages, figures, files and settings."
    )
    names = (
        "Names that PaddleOCR 2 and RapidOCR have for these models, and tier and task in the other order. They work "
        "wherever a model is named, with a warning: `'ch_PP-OCRv4_rec' is now 'PP-OCRv4_mobile_rec'`. RapidOCR's are "
        "those of copies whose digests the cards know (`known_digests`)."
    )
    lines = [MADE, "", f"# The {len(rows)} official models", "", intro, "", *head, *rows]
    lines += ["", "## Other names", "", names, "", "| model | also called |", "|---|---|", *others]
    return "\n".join(lines) + "\n"


def lacking_letters(card: ModelCard) -> str:
    """Return the claimed languages of which a charset lacks letters, and how many."""
    known = [one for one in claimed_support(card) if one.coverage is not None and one.coverage.missing]
    return ", ".join(f"{one.language.tag} {len(one.coverage.missing)}" for one in known if one.coverage)


LANGUAGES_HEAD = """\
# Languages

A model's card lists the languages that its publisher **claims**; its charset lists the letters that the network **can
produce**. A model qualifies for a language that it claims if its charset has at least 99 % of the letters: all of an
alphabet, nearly all Chinese characters. `ocrzoo models select --lang ru --explain` shows the ranking,
`ocrzoo languages vi` the letters.

* **Letters** are the main exemplar characters of Unicode CLDR {version}, in NFC, and their capitals by each language's
  own rules. A charset has a letter as an entry, or as its base and combining marks; an apostrophe counts as ʼ and ʻ.
  Digits and punctuation are not counted. Chinese and Korean are CLDR's sets (2210 characters, Hant 2179; all 11172
  syllables); Japanese is kana and the kanji of its set. Letters that modern texts do not use are omitted: the accent on
  the j of a stressed íj́ (Dutch, Frisian), and Thai ฃ, ฅ and U+0E4E. If CLDR has no letters ("not known"), a claim is
  enough.
* **Letters without a claim are not enough.** The charset of PP-OCRv5_mobile_rec has é and ñ, but its publisher claims
  Chinese, English and Japanese: the network was hardly trained on these letters, so it is not used for French
  ([what it reads](accuracy.md#without-a-claim)). If no model claims a language and has its letters, a model qualifies
  whose charset has the letters and that claims languages in which all of them occur (Hawaiian on PP-OCRv6: its letters
  are those of Māori and English). It ranks below any claim and logs a warning. Esperanto gets no model: charsets have
  its ĉ, but no claimed language does. Chinese characters have no last letter, and CLDR's sets are cuts through lists by
  frequency, so there a claim of a language in the same script is enough: PP-OCRv6 is used for Cantonese.
* **Missing letters** are named in a warning, also if few are. CLDR's Cantonese set is that of standard Chinese; ours
  has 31 characters more that make up 18 % of spoken Cantonese in HKCanCor. The charsets of PP-OCRv5 and v6 lack 11 of
  these: with other rare ones, 6.5 % of that corpus.
* **Codes** are BCP-47 tags, English or native names, the codes of PaddleOCR, EasyOCR, Tesseract and Google Translate,
  and other names in use (Farsi, Mandarin, Myanmar). Case, accents and the order of words do not matter. A code that
  means one language in BCP-47 and another to PaddleOCR is rejected: {twice}. `ch` means Chinese, as in PaddleOCR,
  with a warning. A tag without a script means the usual one: `sr` is Serbian in Cyrillic, `zh` Chinese in simplified
  characters.
* **If several models qualify**, they are ranked by: the pipeline's default, availability, the newest release, the
  highest published accuracy for the language, the most letters, the smallest size. `--prefer installed` (in Python
  `prefer="installed"`) takes one on this machine first, `--prefer small` the smallest. If the selected model cannot be
  downloaded and one on this machine qualifies, that is used, and a warning says which was passed over and why.
* **If none qualifies**, `--accept_missing` (`accept_missing=True`) takes the model that claims the language and has
  most of its letters: Kannada, PaddleOCR's `ka`, is read with 62 of its 71 letters by `--lang kn --accept_missing`. The
  letters that it cannot write are named in a warning, and under `warnings` in the result.
* **For several languages**, one model that reads all is selected, or else the smallest set of models; each line of a
  page is then read by the model for its language ([several languages](languages-together.md)).
* **Between models that read your language**, `ocrzoo compare` decides by [your own pages](compare.md).

PaddleOCR 3.7.0 has {codes} codes; they name {claimed} of the {count} languages here. For **{uncovered}** of them its
default model lacks letters: {names}. For {unproven}, CLDR has no letters.
"""


def languages_page() -> str:
    """Return the table of languages: best model, letters, and PaddleOCR's choice."""
    zoo = official_zoo()
    reports = list(support_matrix(zoo, zoo.default_model()))
    uncovered = [one for one in reports if one.paddleocr_lacks_letters]
    head = LANGUAGES_HEAD.format(
        version="48.2",
        codes=len(paddle_codes()),
        twice=", ".join(f"`{code.code}`" for code in paddle_codes().values() if code.rule == "reject"),
        count=len(reports),
        claimed=sum(one.paddleocr_support is not None for one in reports),
        uncovered=len(uncovered),
        names=", ".join(one.language.name for one in uncovered),
        unproven=sum(one.paddleocr_unverified for one in reports),
    )
    table = [
        "| tag | language | script | best model | letters | lacks | PaddleOCR's code and choice | letters |",
        "|---|---|---|---|---|---|---|---|",
        *map(language_row, reports),
    ]
    return "\n".join([MADE, "", head, *table]) + "\n"


def language_row(one: LanguageReport) -> str:
    """Return a language's row; if no model qualifies, the closest model in brackets."""
    closest = one.selection.candidates[0].name if one.selection.candidates else ""
    model = closest if one.selection.selected_model else f"none ({closest})"
    codes = ", ".join(f"`{code.code}`" for code in one.codes)
    paddleocr = f"{codes} {one.codes[0].model}" if one.codes else "-"
    cells = (
        model,
        letters(one.best_support),
        lacking(one.best_support),
        paddleocr,
        letters(one.paddleocr_support) if one.codes else "-",
    )
    return f"| {one.language.tag} | {one.language.name} | {one.language.script} | {' | '.join(cells)} |"


def letters(one: LanguageSupport | None) -> str:
    """Return the share of letters as a cell."""
    if one is None or one.coverage is None:
        return "not known"
    return f"all {one.coverage.required}" if not one.coverage.missing else f"{one.coverage.share:.1%}"


def lacking(one: LanguageSupport | None) -> str:
    """Return the missing letters as a cell, at most a dozen."""
    if one is None or one.coverage is None:
        return ""
    missing = one.coverage.missing
    return " ".join(missing[:12]) + (f" and {len(missing) - 12} more" if len(missing) > 12 else "")


ACCURACY_HEAD = """\
# Accuracy by language

[Coverage](languages.md) predicts whether a model can read the letters of a language; this page measures it. For
{languages} languages, public-domain text and lines of pseudo-words that contain every letter of the language (Unicode
CLDR's, capitals included) six times, for Chinese and Japanese twice, were rendered in Noto Sans and Noto Serif (30
pixels per em, one size, no noise) and read with PP-OCRv5_mobile_det and the recognition models of the extra `bundled`:

```bash
python -m bench.accuracy --write && python docs/generate.py
```

**Coverage predicts what cannot be read.** Of {absent} missing letters, counted per language and model, {absent_wrong}
were misread, in {seen_wrong} of their {seen} occurrences, as expected: a network cannot produce what its charset lacks.
Coverage says less about the letters that a charset has: of those {present}, {present_right} ({share:.1%}) were read
correctly in at least half of their occurrences; the last column lists the others. Most are capitals with diacritics,
which are rare in training texts, or look like another character (kana and their small forms, 己 and 巳), which only the
context of a real word distinguishes.

`CER` is the character error rate in NFC, spaces ignored. A letter is misread if more than half of its occurrences were
recognized as something else. Pseudo-words are harder than text because no network was trained on them.
"""

ACCURACY_UNCLAIMED = """\
## Without a claim

The same pages, read by models that do not claim the language. `--lang` does not select these models.
"""

ACCURACY_COLUMNS = (
    "language",
    "model",
    "CER of text",
    "CER of pseudo-words",
    "letters",
    "lacks",
    "of these misread",
    "present but misread",
)


def accuracy_page() -> str:
    """Return the accuracy of each language, from the figures that bench/accuracy.py wrote."""
    rows: list[dict[str, Any]] = json.loads((DOCS / "accuracy.json").read_text(encoding="utf-8"))
    claimed = [row for row in rows if row["claimed"]]
    known = [row for row in claimed if "letters" in row]
    absent = sum(len(row["missing"]) for row in known)
    present = sum(row["letters"] for row in known) - absent
    right = present - sum(len(row["present_misread"]) for row in known)
    head = ACCURACY_HEAD.format(
        languages=len({row["language"] for row in claimed}),
        absent=absent,
        absent_wrong=absent - sum(len(row["missing_read"]) for row in known),
        seen=sum(row["missing_seen"] for row in known),
        seen_wrong=sum(row["missing_wrong"] for row in known),
        present=present,
        present_right=right,
        share=right / present,
    )
    table = [f"| {' | '.join(ACCURACY_COLUMNS)} |", "|---|---|" + "---:|" * 5 + "---|"]
    unclaimed = [row for row in rows if not row["claimed"]]
    parts = [*table, *map(accuracy_row, claimed), "", ACCURACY_UNCLAIMED, *table, *map(accuracy_row, unclaimed)]
    return "\n".join([MADE, "", head, *parts]) + "\n"


def accuracy_row(row: dict[str, Any]) -> str:
    """Return the figures of one language and model."""
    language = f"{parse_language(row['language']).name} `{row['language']}`"
    cells = [language, row["model"], f"{row['text_cer']:.1f} %"]
    if "letters" not in row:
        return f"| {' | '.join(cells)} | | not known | | | |"
    lacks = len(row["missing"])
    wrong = lacks - len(row["missing_read"])
    cells += [f"{row['letters_cer']:.1f} %", str(row["letters"]), *((str(lacks), str(wrong)) if lacks else ("", ""))]
    return f"| {' | '.join([*cells, ' '.join(row['present_misread'])])} |"


def page_accuracy_page() -> str:
    """Return the accuracy on whole pages, from the figures that bench/page_accuracy.py wrote."""
    sys.path.insert(0, str(DOCS.parent))
    from docs import page_accuracy

    return page_accuracy.page(MADE)


INPUTS_HEAD = """\
# Inputs

An input is a path, a URL, a folder, `-` for standard input, the content of a file, an array, or a list of these. The
content of a file decides its type, its name does not; in a folder, the files with a suffix of this table are read.

| format | suffixes | decoder | |
|---|---|---|---|
"""

INPUTS_REST = """\
16 bits are divided by 256. Pixels of floating-point numbers have no defined white, and are an error. Icons, textures,
camera raw files, SVG, PostScript, DjVu, JPEG XL and office documents are not read, and the error says what to do with
them. The extra `heic` installs pi-heif (BSD-3-Clause), whose wheels contain libheif and libde265 (LGPL).

## Folders

A folder and its subfolders are read in the order of the paths. One line on standard error (in Python, a warning of
the logger `ocrzoo`) has the number and the first names of files left out, those with another suffix. Skipped without
a message are hidden files and folders, whose name begins with a dot (with them the `._` files of a Mac), and those of
the system, such as `Thumbs.db` and `__MACOSX`.
A folder that cannot be listed is an error, and so is a broken link or a pipe whose name ends like that of a page.

## Transparency

Black ink on a transparent ground is laid on white, white ink on black. If a page has both, it is laid on a gray,
which hides neither. Only ink within 3 pixels of the transparency counts: no ground hides what is inside an opaque
area. An opaque image is unchanged, and one whose alpha is 0 everywhere is read as if it had none. This holds for
every format with transparency, and for arrays of four channels (BGRA) or two (gray and alpha). A page of a PDF is
white paper, as in a viewer. PaddleX drops transparency, and `paddlex_quirks=True` does so too.

## Rotation

The EXIF orientation is applied in JPEG, PNG, WebP, AVIF, HEIC and TIFF (there to each page). PaddleX does not apply
it in WebP.

## Frames

Of an animation (GIF, PNG, WebP, AVIF) or a file with several photographs (MPO, HEIC) the first frame is read, and a
warning says how many there are: an animation of some seconds would be hundreds of pages. With `--frames all`
(`frames="all"`) each one is a page. Previews, gain maps and depth maps, which are smaller than the photograph, are
not frames. The pages of a TIFF or PDF are always all read.
"""


def inputs_page() -> str:
    """Return the table of formats, and what else is known about reading inputs."""
    rows = [
        f"| {one.name} | {' '.join(f'`{suffix}`' for suffix in one.suffixes)} | {one.decoder} | {one.note} |"
        for one in FORMATS
    ]
    return "\n".join([MADE, "", INPUTS_HEAD + "\n".join(rows), "", INPUTS_REST])


CHECKING_HEAD = """\
# Check a plugin

```bash
ocrzoo plugins check ./seaside          # the source folder, installed or not
ocrzoo plugins check ocrzoo-seaside     # a distribution, a plugin or a model, as it is installed
ocrzoo plugins check                    # all plugins that are not ocrzoo's own
```

Every finding says what was found, where, and what to do about it. The same checks are a test of the plugin's own, with
one case a check of each model:

```python
from pathlib import Path

from ocrzoo.testing import conformance

test_conformance = conformance(Path(__file__).parents[1])
```

An `error` fails the test and makes the exit code of the command 2. A `warning` is a warning of pytest's; with
`--strict` (`strict=True`) it counts as an error. What could not be checked here is `skipped`: sources in offline mode
(`OCRZOO_OFFLINE=1`), languages whose letters are not known or that no font
of this machine can draw, weights that cannot be downloaded.

## The checks

They run in this order. A check that needs `weights`, a `predictor` (some engine loads the model) or an `answer` (the
first drawn picture was answered) is skipped where that is missing.

| check | needs | looks at |
|---|---|---|
"""

CHECKING_REST = """\
* **Engines.** Each installed engine runs each format that it reads; the outputs are compared on the inputs that the
  predictor made, unless it runs several networks, or one by the names of its inputs. The other checks use the engine
  that users get, in float32. A predictor of a plugin is checked by what it answers, whatever its network takes.
* **Reading.** Each claimed language is drawn in made words: its letters in a shuffled order, so that a charset that
  is shifted or in another order reads nothing. Below half of the letters, or a quarter of those that are not in ASCII,
  the language is not read; a network that was never trained on a letter of its charset is found so. Detectors must find
  the lines of a drawn page, classifiers of orientation tell how it was turned. This is no measure of accuracy.
* **Input.** A recognizer reads the same lines with its channels exchanged, and with values of other ranges. Only a form
  that is read clearly better is a finding: many networks read both orders of the channels equally well.
* **Time.** All of a plugin's code runs in another process. A check that takes longer than `--timeout` (120 s), or
  crashes the process, is a finding, and the others go on, until three did. While weights arrive, time does not count.
* **Weights** are taken as `ocrzoo models pull` takes them. Those of a source folder are put into a store of its own,
  which is deleted afterwards, so a model that is installed under the same name stays as it is.
* **ocrzoo's own models** are checked by name too. What their publishers claim is repeated in their cards as it is, so
  letters that a charset lacks are warnings there.

The checks run the code of the plugin, as any command that lists models does; that of a source folder whatever
`OCRZOO_PLUGINS` names. Where `OCRZOO_PLUGIN_KEYS` requires signatures, no other plugin is imported beside it.

## JSON

`--json` prints every check, also those that found nothing. Keys are only added to it:

```json
{"schema": 1, "ok": false, "results": [
  {"subject": "seaside_rec", "kind": "model", "check": "license", "outcome": "failed", "seconds": 0.001,
   "findings": [{"severity": "error", "where": "license", "message": "'mine' is not an SPDX identifier ...",
                 "next_step": "write the SPDX identifier, or LicenseRef-Name for a license of your own"}],
   "data": {}}]}
```

`outcome` is `passed`, `warned`, `failed` or `skipped`. The `data` of the check `cost` has the milliseconds a picture by
engine and format, the memory of the process, and the size of the weights. In Python,
`ocrzoo.testing.check("./seaside")` returns a `Report` with the same.
"""


def checking_page() -> str:
    """Return the table of checks of plugins, and how to run them."""
    rows = [f"| `{check.name}` | {check.needs} | {check.summary} |" for check in CHECKS]
    return "\n".join([MADE, "", CHECKING_HEAD + "\n".join(rows), "", CHECKING_REST])


def key_texts() -> dict[str, dict[str, str]]:
    """Return what the docstrings in the schema's source say of each key, by record."""
    found: dict[str, dict[str, str]] = {}
    for record in [*ast.parse(inspect.getsource(card_schema)).body, *ast.parse(inspect.getsource(figures)).body]:
        if isinstance(record, ast.ClassDef):
            for key, text in pairwise(record.body):
                if isinstance(key, ast.AnnAssign) and isinstance(key.target, ast.Name) and isinstance(text, ast.Expr):
                    said = inspect.cleandoc(str(ast.literal_eval(text.value)))
                    texts = found.setdefault(record.name, {})
                    texts[key.target.id] = " ".join(said.split()).replace("``", "")
    return found


def schema() -> str:
    """Return the JSON schema of a model card, with a description of every key."""
    made, texts = ModelCard.model_json_schema(), key_texts()
    for name, record in [("ModelCard", made), *made["$defs"].items()]:
        own = {**texts.get("FileRecord", {}), **texts.get(name, {})} if name == "File" else texts.get(name, {})
        for key, value in record.get("properties", {}).items():
            if key in own:
                value["description"] = own[key]
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "accuracy.md": accuracy_page,
    "api.md": api_page,
    "cli.md": cli_page,
    "inputs.md": inputs_page,
    "languages.md": languages_page,
    "model-card.schema.json": schema,
    "models.md": models_page,
    "page-accuracy.md": page_accuracy_page,
    "plugins/checking.md": checking_page,
    "plugins/hooks.md": hooks_page,
    **{f"plugins/hooks/{name}.md": partial(hook_page, name) for name in HOOKS},
}


def main() -> int:
    """Write the pages, or with ``--check`` print which are out of date."""
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"out of date: {', '.join(stale)}; run python docs/generate.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
