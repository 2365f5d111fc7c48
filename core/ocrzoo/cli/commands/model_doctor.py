"""``ocrzoo models doctor``: why an exported model reads worse than in training."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.output import debug_option, print_json, print_table
from ocrzoo.cli.values import ENGINE, TASK, Registered, Seconds
from ocrzoo_registry.errors import ExitCode, InputError, UsageError
from ocrzoo_registry.files import os_errors_as, read_bounded
from ocrzoo_registry.network.deadline import Deadline

if TYPE_CHECKING:
    from ocrzoo.diagnosis.diagnosis import Diagnosis
    from ocrzoo.types import Image
    from ocrzoo_registry.zoo import Zoo

BUDGET_S = 60.0
GRACE_S = 30.0
"""More than one run of a network takes; the search looks at the time only between runs."""
_MOST_TEXT = 1 << 16


@click.command()
@click.argument("model", metavar="NAME|DIR|FILE", type=Registered("model", lambda zoo: zoo.models.names, files=True))
@click.option(
    "--page", metavar="FILE", type=click.Path(), help="A picture of your own: one line, or a page for detection."
)
@click.option("--text", metavar="TEXT|FILE", help="What is written on the line of --page.")
@click.option(
    "--dictionary",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The charset, one entry a line, if no inference.yml has it.",
)
@click.option("--task", metavar="TASK", type=TASK, help="text_recognition or text_detection, if nothing says it.")
@click.option("--engine", metavar="NAME", type=ENGINE, help="The engine.  [the first that loads the model]")
@click.option(
    "--budget", metavar="SECONDS", type=Seconds(most=3600), default=BUDGET_S, help="Time for the search.  [60]"
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def doctor(
    model: str,
    page: str | None,
    text: str | None,
    dictionary: Path | None,
    task: str | None,
    engine: str | None,
    budget: float,
    as_json: bool,
) -> int:
    """Find why an exported model reads worse than in training.

    \b
        ocrzoo models doctor exported/
        ocrzoo models doctor model.onnx --dictionary dict.txt
        ocrzoo models doctor my-plugin/
        ocrzoo models doctor exported/ --page line.png --text 'Total 128'

    The model reads lines whose text is known, rendered from its own charset, in other ways than is stated: color
    order, mean and scale, line height or page size, order of the output's axes, softmax, classes of blank and space,
    and the dictionary. What reads better is reported with the key to change. Models that are refused elsewhere can be
    examined too. Exit code 2: something is to be changed, or nothing reads.
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped
    from ocrzoo.diagnosis.diagnosis import examine
    from ocrzoo.diagnosis.subject import opened
    from ocrzoo.inputs import decoder_messages

    if text is not None and page is None:
        raise UsageError("--text is what is written on --page: give both")
    image = None if page is None else _picture(page)
    with _zoo_with(model) as (zoo, name):
        kept = decoder_messages.kept(name, warn=False)  # engines print by themselves what a trial fails with
        with opened(zoo, name, task=task, dictionary=dictionary, engine=engine) as subject, kept:
            read = None if text is None else _text(text)
            found = _in_time(name, budget, lambda: examine(zoo, subject, budget, image, read))
    found = found if name == model else replace(found, where=model)
    if as_json:
        print_json(found.as_dict())
    else:
        _print(found)
    return ExitCode.DONE if found.verdict in {"sound", "not examined"} else ExitCode.USAGE


def _in_time(name: str, budget: float, examination: Callable[[], Diagnosis]) -> Diagnosis:
    """Return what an examination returns. The search ends by itself, but not while the network runs, maybe for ever.

    Raises:
        UsageError: It does not end.
    """
    limit = budget + GRACE_S
    try:
        return Deadline(limit).run(examination)
    except TimeoutError as error:
        told = f"{name}: no result within {limit:.0f} s: a run of its network takes too long. Allow more with --budget"
        raise UsageError(told) from error


@contextmanager
def _zoo_with(model: str) -> Iterator[tuple[Zoo, str]]:
    """The zoo and the model in it; the source folder of a plugin is as good as installed.

    Raises:
        UsageError: It is the folder of a plugin without a model, or with several.
    """
    from ocrzoo_registry.zoo import Zoo

    folder = Path(model).expanduser()
    if not (folder / "pyproject.toml").is_file():
        yield Zoo(), model
        return
    from ocrzoo.testing.targets import installed_for_now, read_project, zoo_for

    project = read_project(folder)
    with (
        TemporaryDirectory(prefix="ocrzoo-", ignore_cleanup_errors=True) as scratch,
        installed_for_now(project, Path(scratch, "site")),
    ):
        zoo = zoo_for(project, Path(scratch, "home"), lambda: None)
        names = [card.name for card in zoo.models if zoo.models.origin(card.name).distribution == project.name]
        if len(names) != 1:
            what = f"the models {', '.join(names)}: install it, and name one" if names else "no model with a valid card"
            raise UsageError(f"{folder} has {what}")
        yield zoo, names[0]


def _picture(page: str) -> Image:
    """The first page of a file.

    Raises:
        InputError: It cannot be read.
    """
    from ocrzoo.inputs import InputOptions, pages

    if page == "-" or page.startswith(("http://", "https://")):
        raise UsageError(f"--page {page}: name a file")
    if not Path(page).is_file():
        raise InputError(f"--page {page}: no such file")
    return next(iter(pages(page, InputOptions()))).read()


def _text(text: str) -> str:
    """The text, or that in a file of the name, as one line."""
    path = Path(text)
    try:
        is_file = path.is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        return " ".join(text.split())
    with os_errors_as(UsageError, f"--text {text}"):
        content = read_bounded(path, _MOST_TEXT)
    try:
        return " ".join(content.decode("utf-8-sig").split())
    except UnicodeDecodeError as error:
        raise UsageError(f"--text {text}: not in UTF-8") from error


def _print(found: Diagnosis) -> None:
    share = "Right" if found.is_text_known else "Probability"
    head = [
        ("Model", f"{found.model} ({found.task or 'unknown task'}), {found.where}, by {found.engine}"),
        ("Now", found.now),
        ("Verdict", f"{found.verdict} ({found.certainty}): {found.summary}"),
        (share, f"{_percent(found.right_now)} as stated, {_percent(found.right_best)} at best"),
    ]
    rows = [(key, text) for key, text in head if key != share or found.right_best is not None]
    for number, one in enumerate(found.findings, 1):
        rows.append((f"Change {number}", one.change))
    if found.alike:
        rows.append(("No difference", "; ".join(found.alike)))
    rows += [("Next", step) for step in found.next_steps]
    print_table(("What", "Result"), rows)
    if found.trials:
        ranked = [
            ("; ".join(one["changes"]) or "as stated", _percent(one["right"]), f"{one['score']:.3f}", one["texts"][0])
            for one in found.trials
        ]
        print_table(("Tried", share, "Score", "First line"), ranked)


def _percent(share: float | None) -> str:
    return "does not run" if share is None else f"{100 * share:.1f} %"
