"""Builds the pages of a catalog from its cards, with Jinja2, which escapes all that cards say."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrzoo import theme
from ocrzoo.catalog.entries import Entry, entries_of, is_link, language_words, task_words
from ocrzoo.catalog.languages import LanguageRow, language_rows, tags_as_listed
from ocrzoo.catalog.plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Figures, comparable_figures
from ocrzoo.results.output_folder import FolderKind, staged, write_list
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.names import natural_key
from ocrzoo_registry.zoo import Zoo

if TYPE_CHECKING:
    import jinja2

SITE = Path(__file__).with_name("site")
KIND = FolderKind("catalog", "catalog.json")
_CHART = {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": RIGHT, "top": TOP, "bottom": BOTTOM}
_MODELS_IN_MATRIX = 80
"""Up to this many recognition models, the matrix of languages has a column for each."""
_CONTROLS = re.compile("[\0-\b\x0b\f\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Characters that HTML does not allow."""


@dataclass
class Report:
    """What was built."""

    models: int = 0
    pages: int = 0
    languages: int = 0
    unread_languages: list[str] = field(default_factory=list)
    """Tags of languages that no model reads."""
    samples: dict[str, str] = field(default_factory=dict)
    """Recognition model to ``as drawn``, ``otherwise``, or why there is no sample."""


def build(zoo: Zoo, folder: Path, *, samples: bool = True, advance: Callable[[], object] = lambda: None) -> Report:
    """Write the catalog of a zoo's models to a folder; ``advance`` is called after each model's page.

    Raises:
        UsageError: Jinja2 is not installed, or the folder is of something else or cannot be written.
    """
    environment = _environment()
    entries = entries_of(zoo)
    with staged(folder, KIND) as staging:
        rows = language_rows(entries, zoo.default_model())
        pages = _Pages(environment, staging)
        report = Report(len(entries), languages=len(rows))
        report.unread_languages = [row.language.tag for row in rows if row.best is None]
        for path in (SITE / "style.css", *theme.FOLDER.iterdir()):
            shutil.copyfile(path, staging / path.name)
        tags = tags_as_listed(rows)
        pages.write("index.html", entries=entries, filters=_filters(entries, rows, tags), tags=tags, script="index.js")
        pages.write("languages.html", rows=rows, columns=_columns(entries), script="languages.js")
        pages.write("accuracy.html", tasks=_by_task(entries), chart=_CHART)
        _write_models(zoo, pages, entries, report, samples=samples, advance=advance)
        report.pages = pages.written
        write_list(staging, KIND)
    return report


def _write_models(
    zoo: Zoo, pages: _Pages, entries: Sequence[Entry], report: Report, *, samples: bool, advance: Callable[[], object]
) -> None:
    from ocrzoo.catalog.samples import Sampler

    sampler = Sampler(zoo) if samples else None
    known = {entry.card.name for entry in entries}
    for entry in entries:
        recognizes = entry.card.task == "text_recognition"
        sample = sampler.sample(entry) if sampler and recognizes else None
        if sample is not None:
            report.samples[entry.card.name] = sample.absent or ("as drawn" if sample.right else "otherwise")
        pages.write(f"models/{entry.page}", "model.html", entry=entry, sample=sample, known=known, root="../")
        advance()


class _Pages:
    """Renders templates into a folder."""

    def __init__(self, environment: jinja2.Environment, folder: Path) -> None:
        self._environment, self._folder = environment, folder
        self.written = 0

    def write(self, path: str, template: str | None = None, *, script: str | None = None, **values: Any) -> None:
        """Write one page; a script is put into it, and the page's policy names its digest."""
        code = None if script is None else (SITE / script).read_text(encoding="utf-8")
        digest = code and base64.b64encode(hashlib.sha256(code.encode()).digest()).decode("ascii")
        page = self._environment.get_template(template or path)
        text = page.render({"root": "", "page": path, "script": code, "script_digest": digest, **values})
        target = self._folder / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
        self.written += 1


def _filters(
    entries: Sequence[Entry], rows: Sequence[LanguageRow], tags: Callable[[Entry], list[str]]
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The filters of the index: key, label, and the values with the words for each."""
    names = {row.language.tag: str(row.language) for row in rows}
    spoken = {tag for entry in entries for tag in tags(entry)}
    return [
        ("task", "Task", _counted((entry.card.task for entry in entries), task_words)),
        ("language", "Language", [(tag, names[tag]) for tag in names if tag in spoken]),
        ("script", "Script", _counted(script for entry in entries for script in entry.card.scripts)),
        ("license", "License", _counted(entry.card.license for entry in entries)),
        ("family", "Family", _counted(entry.card.family for entry in entries)),
        ("plugin", "Plugin", _counted(entry.origin.plugin for entry in entries)),
    ]


def _by_task(entries: Sequence[Entry]) -> dict[str, list[Figures]]:
    """The published figures, by task in words."""
    found: dict[str, list[Figures]] = {}
    for group in comparable_figures(entries):
        found.setdefault(task_words(group.task), []).append(group)
    return found


def _counted(values: Iterable[str], words: Callable[[str], str] = str) -> list[tuple[str, str]]:
    counts = Counter(values)
    return [(value, f"{words(value)} ({counts[value]})") for value in sorted(counts, key=natural_key)]


def _columns(entries: Sequence[Entry]) -> dict[str, list[tuple[str, list[Entry]]]]:
    """The columns of the two matrices: by family, and by model where there are not too many."""
    readers = [entry for entry in entries if entry.card.task == "text_recognition" and entry.card.languages]
    families: dict[str, list[Entry]] = {}
    for entry in sorted(readers, key=lambda entry: natural_key(entry.card.family)):
        families.setdefault(entry.card.family, []).append(entry)
    models = [(entry.card.name, [entry]) for group in families.values() for entry in group]
    return {
        "families": list(families.items()),
        "models": models if len(models) <= _MODELS_IN_MATRIX else [],
    }


def _environment() -> jinja2.Environment:
    """The templates; every value is escaped, and loses characters that HTML does not allow.

    Raises:
        UsageError: Jinja2 is not installed.
    """
    try:
        import jinja2
    except ImportError as error:
        raise UsageError("catalog needs jinja2: run pip install 'ocrzoo[catalog]'") from error

    def allowed(value: object) -> object:
        return _CONTROLS.sub("\ufffd", value) if type(value) is str else value

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(SITE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=allowed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.tests["link"] = is_link
    environment.filters.update(task=task_words, language=language_words)
    return environment
