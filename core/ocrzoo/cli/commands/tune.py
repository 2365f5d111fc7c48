"""``ocrzoo tune``: measure how models run fastest on this machine, and use it from then on."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.output import debug_option, print_json, print_note, print_table
from ocrzoo.cli.values import MODEL, PIPELINE, Seconds

if TYPE_CHECKING:
    from ocrzoo.tuning.choice import Choice
    from ocrzoo_registry.store.store import ModelFiles
    from ocrzoo_registry.zoo import Zoo

BUDGET_S = 90.0


@click.command()
@click.argument("names", metavar="[MODEL]...", nargs=-1, type=MODEL)
@click.option("--pipeline", metavar="NAME", type=PIPELINE, help="The models of a pipeline.  [OCR, without MODEL]")
@click.option(
    "--budget",
    metavar="SECONDS",
    type=Seconds(most=3600),
    default=BUDGET_S,
    help="Time for all models together.  [90]",
)
@click.option("--explain", is_flag=True, help="Print everything that was measured, and why one way was chosen.")
@click.option("--show", is_flag=True, help="Measure nothing: print what was measured before.")
@click.option("--forget", is_flag=True, help="Remove what was measured: the defaults are used again.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def tune(
    names: tuple[str, ...],
    pipeline: str | None,
    budget: float,
    explain: bool,
    show: bool,
    forget: bool,
    as_json: bool,
) -> None:
    """Measure how models run fastest on this machine, and use it from then on.

    Engines, stored formats, precisions, and streams x threads are measured in rounds. A way is chosen if it is clearly
    faster than the default: by 5 %, and for several streams by 25 %, as a page alone then takes longer. Answers do not
    change beyond the precision that is asked for: in float32, only ways with the same answers are chosen. The choice
    is kept beside the model for these versions of the engines, this CPU and number of cores. It is used where no engine
    is given; several streams, where no number of threads is.
    """
    from ocrzoo_registry.zoo import Zoo

    if show and forget:
        raise click.UsageError("--show and --forget exclude each other")
    zoo = Zoo()
    wanted = _models(zoo, names, pipeline)
    if forget:
        removed = [name for name in wanted if _forget(zoo, name)]
        print_note(f"removed: {', '.join(removed) or 'nothing'}")
        return
    found = _kept(zoo, wanted) if show else _measured(zoo, wanted, budget)
    if as_json:
        print_json([choice.model_dump(mode="json") for choice in found])
    elif explain or show:
        _print_all(found)
    else:
        _print_chosen(found)


def _models(zoo: Zoo, names: tuple[str, ...], pipeline: str | None) -> list[str]:
    """The models named, and those of the pipeline that are on this machine; all of it where none is."""
    found = [zoo.models.get(name).name for name in names]
    if pipeline is None and found:
        return list(dict.fromkeys(found))
    from ocrzoo.pipelines.config import Configuration

    of_pipeline = Configuration.load(zoo, pipeline).model_names
    is_local = zoo.local_check()
    local = [name for name in of_pipeline if is_local(zoo.models.get(name))]
    if local and len(local) < len(of_pipeline):
        print_note(f"not on this machine, left out: {', '.join(name for name in of_pipeline if name not in local)}")
    return list(dict.fromkeys([*found, *(local or of_pipeline)]))


def _measured(zoo: Zoo, names: list[str], budget: float) -> list[Choice]:
    from ocrzoo.cli.progress import share_progress
    from ocrzoo.model_loader import ModelLoader
    from ocrzoo.tuning.choice import keep
    from ocrzoo.tuning.tune import tune as tune_one

    found: list[Choice] = []
    start = time.monotonic()
    with share_progress("measuring", names) as tell:
        for number, name in enumerate(names):
            plan = ModelLoader(zoo).plan_to_tune(name)
            left = max(1.0, budget - (time.monotonic() - start))
            choice = tune_one(plan, left / (len(names) - number), partial(tell, name))
            keep(choice, plan.files, zoo.engines, zoo.store)
            found.append(choice)
    return found


def _kept(zoo: Zoo, names: list[str]) -> list[Choice]:
    from ocrzoo.tuning.choice import find

    stored = {name: [find(files, zoo.engines, zoo.store) for files in _files(zoo, name)] for name in names}
    kept = {name: next((one for one in found if one is not None), None) for name, found in stored.items()}
    for name, choice in kept.items():
        if choice is None:
            print_note(f"{name}: not measured on this machine with these engines: ocrzoo tune {name}")
    return [choice for choice in kept.values() if choice is not None]


def _forget(zoo: Zoo, name: str) -> bool:
    from ocrzoo.tuning.choice import forget

    removed = [forget(files, zoo.engines, zoo.store) for files in _files(zoo, name)]
    return any(removed)


def _files(zoo: Zoo, name: str) -> list[ModelFiles]:
    """The model in each format that is stored here."""
    stored = (zoo.store.find(name, kind) for kind in zoo.models.get(name).artifacts)
    return [files for files in stored if files is not None]


def _print_all(found: list[Choice]) -> None:
    from ocrzoo.tuning.tune import HEADINGS, explain

    rows = [(choice.model, *row) for choice in found for row in explain(choice)]
    if rows:
        print_table(("Model", *HEADINGS), rows)


def _print_chosen(found: list[Choice]) -> None:
    from ocrzoo.tuning.tune import summary

    print_table(("Model", "Asked for", "Chosen", "Times as fast"), [row for choice in found for row in summary(choice)])
