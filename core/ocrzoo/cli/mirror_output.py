"""Output of builds and plans of mirrors: tables, messages, and plain data for JSON."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrzoo.cli.output import one_line, print_message, print_note, print_table
from ocrzoo.cli.progress import format_size
from ocrzoo_registry.errors import ExitCode

if TYPE_CHECKING:
    from ocrzoo_registry.index.schema import Index, IndexedModel
    from ocrzoo_registry.mirror.build import BuildResult, FailedModel
    from ocrzoo_registry.mirror.estimate import Estimate
    from ocrzoo_registry.mirror.plan import PlannedModel, RequestedModel


def show_result(result: BuildResult, root: Path) -> None:
    """Print what a build added and removed, and what is served now."""
    if result.added:
        rows = [
            (model.name, model.format, _added_state(one), model.source, format_size(model.size))
            for one, model in result.added
        ]
        print_table(("Model", "Format", "State", "Source", "Size"), rows)
    for model in result.removed:
        print_note(f"{model.name} ({model.format}): removed")
    if result.release is not None:
        news = "published" if result.published else "nothing has changed"
        served = f"{summary(result.release.index)}, release {result.release.folder.name}"
        print_note(one_line(f"{root}: {news}; {served}"))


def report_problems(result: BuildResult) -> int:
    """Report models that were not updated, a line each; returns the highest exit code."""
    if result.unsigned:
        print_message("warning", "the previous release was signed, this one is not: run 'ocrzoo mirror sign'")
    for one in result.removed_upstream:
        print_message("warning", f"{_name(one.request)} was removed upstream, and is kept")
    silent: dict[str, list[PlannedModel]] = {}
    for one in result.source_unavailable:
        silent.setdefault(f"{one.source}: {_reason(one)}", []).append(one)
    for answer, models in silent.items():
        print_message("warning", f"{answer}: not updated: {', '.join(_name(one.request) for one in models)}")
    failed: dict[str, list[FailedModel]] = {}
    for failure in result.failed:
        failed.setdefault(failure.request.name, []).append(failure)
    for name, failures in failed.items():
        formats = ", ".join(one.request.file_format for one in failures)
        kept = " (not updated)" if all(one.kept for one in failures) else ""
        gravest = max(failures, key=lambda one: one.error.exit_code)
        print_message("error", f"{name} ({formats}){kept}: {_without_name(str(gravest.error), name)}")
    for fault in result.faults:
        print_message("error", f"{fault}; run 'ocrzoo mirror build' with --deep, and check the disk")
    wrong = [ExitCode.INTEGRITY] if result.faults else []
    return max([ExitCode.DONE, *wrong, *(one.error.exit_code for one in result.failed)])


def _without_name(message: str, name: str) -> str:
    return re.sub(rf"^{re.escape(name)}(?: \([^()]+\))?:? ", "", message)


def _name(request: RequestedModel) -> str:
    return f"{request.name} ({request.file_format})"


def _added_state(one: PlannedModel) -> str:
    return "new" if one.current is None else "changed"


def _reason(one: PlannedModel) -> str:
    """The decisive answer of a source: the first that failed, else the last that lacks the model."""
    answers = [answer for answer in one.attempts if one.source in {None, answer.source}]
    failed = [answer.message for answer in answers if answer.outcome != "missing"]
    return failed[0] if failed else answers[-1].message if answers else ""


def summary(index: Index) -> str:
    """Return how many models an index has, and their size."""
    size = format_size(sum({file.sha256: file.size for model in index.models for file in model.files}.values()))
    return f"{index.counts}, {size}"


def result_as_json(result: BuildResult) -> dict[str, Any]:
    """Return the outcome of a build as plain data."""
    return {
        "release": result.release.folder.name if result.release else None,
        "published": result.published,
        "unsigned": result.unsigned,
        **counts(result.release.index if result.release else None),
        "faults": result.faults,
        "added": [{**_model_as_json(model), "state": _added_state(one)} for one, model in result.added],
        "removed": [_model_as_json(model) for model in result.removed],
        "source_unavailable": [planned_as_json(one) for one in result.source_unavailable],
        "removed_upstream": [planned_as_json(one) for one in result.removed_upstream],
        "failed": [
            {
                "name": one.request.name,
                "format": one.request.file_format,
                "error": str(one.error),
                "exit_code": int(one.error.exit_code),
                "kept": one.kept,
            }
            for one in result.failed
        ],
    }


def counts(index: Index | None) -> dict[str, int]:
    """Return how many models an index has, and how many with each format counted."""
    return {"models": len(index.names) if index else 0, "formats": len(index.models) if index else 0}


def _model_as_json(model: IndexedModel) -> dict[str, Any]:
    return {**model.model_dump(include={"name", "format", "revision", "source"}), "size": model.size}


def planned_as_json(one: PlannedModel) -> dict[str, Any]:
    """Return what a build would do about a model as plain data."""
    return {
        "name": one.request.name,
        "format": one.request.file_format,
        "state": one.state,
        "source": one.source,
        "revision": one.listing.revision if one.listing else None,
        "answer": _reason(one) or None,
    }


def show_plan(planned: Sequence[PlannedModel]) -> None:
    """Print the models that a build would change."""
    rows = [(one.request.name, one.request.file_format, one.state, one.source or "", _reason(one)) for one in planned]
    if rows:
        print_table(("Model", "Format", "State", "Source", "Answer"), rows)
    else:
        print_note("nothing has changed")


def sizes_of(found: Estimate) -> str:
    """Return what a build needs, in a sentence."""
    about = f"; approximate, without published sizes: {', '.join(found.approximate)}" if found.approximate else ""
    return (
        f"to download {format_size(found.download)}; to write {format_size(found.disk)} "
        f"(files {format_size(found.files)}, archives {format_size(found.archives)}); "
        f"free {format_size(found.free)}{about}"
    )


def sizes_as_json(found: Estimate) -> dict[str, Any]:
    """Return what a build needs as plain data, in bytes."""
    return {
        "download": found.download,
        "files": found.files,
        "archives": found.archives,
        "free": found.free,
        "approximate": list(found.approximate),
    }
