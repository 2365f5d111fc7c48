"""``ocrzoo catalog``: the pages of all installed models."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from ocrzoo.cli.output import debug_option, one_line, print_json, print_note
from ocrzoo.cli.progress import page_progress


@click.group()
def catalog() -> None:
    """Pages about the installed models, for a browser."""


@catalog.command("build")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--samples/--no-samples",
    default=True,
    help="Let each recognition model whose weights are on this machine read a line.  [yes]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def build_catalog(folder: Path, *, samples: bool, as_json: bool) -> None:
    """Write a static site about every installed model to DIR: open DIR/index.html.

    It has an index with search and filters, a page for each model, languages with the letters that are missing, and
    accuracy against cost. The pages load nothing from elsewhere and need no server. An older catalog in DIR is
    replaced as a whole; another folder is refused. Needs the extra ocrzoo[catalog].
    """
    from ocrzoo.catalog.build import build
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    with page_progress(len(zoo.models), "catalog", printed=False) as advance:
        report = build(zoo, folder, samples=samples, advance=advance)
    if as_json:
        print_json({"folder": str(folder), **asdict(report)})
        return
    read = sum(result in {"as drawn", "otherwise"} for result in report.samples.values())
    what = f"{report.models} models, {report.languages} languages"
    print_note(f"{what}" + (f", samples of {read} of {len(report.samples)} recognition models" if samples else ""))
    click.echo(one_line(str(folder / "index.html")))
