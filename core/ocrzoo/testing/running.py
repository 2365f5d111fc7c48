"""Run the checks in this process: what a worker does, and tests of the checks themselves."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from ocrzoo.testing.checks import CHECKS, Check
from ocrzoo.testing.findings import Finding, Result
from ocrzoo.testing.subjects import ModelSubject, PluginSubject, subjects_of
from ocrzoo.testing.targets import installed_for_now, read_project, zoo_for
from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.plugins.specs import load_attribute

Kind = Literal["model", "plugin"]
Place = tuple[Kind, str, str]
"""Kind, name and check."""

log = logging.getLogger("ocrzoo")


@dataclass(frozen=True)
class Job:
    """What to check, and what was already."""

    names: tuple[str, ...] = ()
    """Models, plugins or distributions; none: all plugins that are not ocrzoo's own."""
    folder: Path | None = None
    """The source folder of the plugin, in place of names."""
    scratch: Path | None = None
    """Where that plugin's weights are kept for the next process that checks it; ``None``: for this one alone."""
    done: Collection[Place] = ()
    """Checks that are left out."""
    lost: Collection[Place] = ()
    """Those of them that did not end: what needs what they open is left out too."""

    def to_json(self) -> str:
        """Return it as a worker reads it."""
        return json.dumps({**vars(self), "done": [*self.done], "lost": [*self.lost]}, default=str)

    @classmethod
    def from_json(cls, text: str) -> Job:
        """Return the job of a text."""
        data = json.loads(text)
        folder, scratch = (None if data[key] is None else Path(data[key]) for key in ("folder", "scratch"))
        done, lost = ({(*one,) for one in data[key]} for key in ("done", "lost"))
        return cls(tuple(data["names"]), folder, scratch, done, lost)


def run(job: Job, on_bytes: Callable[[], object] = lambda: None) -> Iterator[Place | Result]:
    """Yield each check before it runs, and then its result; ``on_bytes`` is called as weights arrive.

    Raises:
        UsageError: The folder is no plugin.
        UnknownModel: Nothing has that name.
    """
    with ExitStack() as stack:
        names, project = job.names, None
        scratch = job.scratch or Path(
            stack.enter_context(TemporaryDirectory(prefix="ocrzoo-check-", ignore_cleanup_errors=True))
        )
        if job.folder is not None:
            project = read_project(job.folder)
            stack.enter_context(installed_for_now(project, scratch / "site-packages"))
            names = (project.name,)
        zoo = zoo_for(project, scratch / "models", on_bytes)
        for subject in subjects_of(zoo, names, job.folder):
            yield from _run_all(subject, job)


def _run_all(subject: PluginSubject | ModelSubject, job: Job) -> Iterator[Place | Result]:
    is_plugin = isinstance(subject, PluginSubject)
    kind: Kind = "plugin" if is_plugin else "model"
    name = subject.name
    closed = {check.opens for check in CHECKS if (kind, name, check.name) in job.lost and check.opens}
    for check in CHECKS:
        place: Place = (kind, name, check.name)
        if (check.needs == "plugin") != is_plugin or place in job.done:
            continue
        yield place
        if closed & set(_NEEDED.get(check.needs, ())):
            yield Result(name, kind, check.name, (_skipped("a check that it builds on did not end"),))
        else:
            yield _result(check, subject, kind, name)


_NEEDED = {
    "weights": ("weights",),
    "predictor": ("weights", "predictor"),
    "answer": ("weights", "predictor", "answer"),
}
"""What must be there for what a check needs."""


_AS_PUBLISHED = {"card", "charset", "languages"}
"""Checks of what publishers state: ocrzoo's own cards repeat it as it is, so there it is worth a look only."""


def _skipped(message: str) -> Finding:
    return Finding("skipped", message, "", "correct what is reported above first")


def _result(check: Check, subject: Any, kind: Kind, name: str) -> Result:
    """Run one check; an exception is a finding, and so are ocrzoo's warnings meanwhile."""
    start = time.perf_counter()
    findings: list[Finding] = []
    data: dict[str, Any] = {}
    with _warnings() as warnings:
        try:
            lacking = subject.lacks(check.needs) if check.needs in _NEEDED else ""
            for found in [_skipped(lacking)] if lacking else load_attribute(check.function)(subject):
                if isinstance(found, Finding):
                    findings.append(found)
                else:
                    data.update(found)
        except OcrzooError as error:
            findings.append(Finding("error", str(error)))
        except (Exception, SystemExit) as error:  # noqa: BLE001  # a plugin's code may raise anything
            message = " ".join(f"{type(error).__name__}: {error}".split())
            findings.append(Finding("error", message, "", "handle it in the plugin"))
    if check.name in _AS_PUBLISHED and isinstance(subject, ModelSubject) and not subject.is_third_party:
        findings = [replace(one, severity="warning") if one.severity == "error" else one for one in findings]
    if check.name in {"load", "output"}:
        findings += [Finding("warning", text) for text in dict.fromkeys(warnings)]
    return Result(name, kind, check.name, tuple(findings), time.perf_counter() - start, data)


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """The warnings that ocrzoo logs meanwhile."""
    found: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(record.getMessage())

    handler = Keeping(logging.WARNING)
    log.addHandler(handler)
    try:
        yield found
    finally:
        log.removeHandler(handler)
