"""The command ``ocrzoo`` itself: its sub-commands, and PaddleX's own command line as a drop-in."""

from __future__ import annotations

from typing import Any

import click

from ocrzoo.cli.models import models
from ocrzoo.cli.ocr import ocr, read_pages
from ocrzoo.cli.options import prediction_options, running_options
from ocrzoo.cli.plugins import plugins
from ocrzoo.cli.pull import lock
from ocrzoo.cli.sources import sources
from ocrzoo.cli.terminal import debug_option


def _dashes_too(option: str) -> str:
    """Let ``--save-path`` stand for ``--save_path``."""
    return option.replace("-", "_")


@click.group(
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": _dashes_too,
        "max_content_width": 110,
    },
)
@click.option("--pipeline", metavar="NAME", help="PaddleX's command line: run this pipeline, such as OCR.")
@click.option("--input", metavar="FILE", help="With --pipeline: an image, a folder, a URL, or - for standard input.")
@running_options
@prediction_options
@debug_option
@click.version_option(package_name="ocrzoo", prog_name="ocrzoo")
@click.pass_context
def ocrzoo(
    context: click.Context,
    /,
    pipeline: str | None,
    input: str | None,
    **options: Any,
) -> int | None:
    """Read text from images with the PP-OCR models.

    \b
        ocrzoo ocr page.png
        ocrzoo models list --task text_recognition --lang ko
        ocrzoo models pull --lang ru

    Exit codes: 0 done, 1 bug, 2 usage, 3 no such model or language, 4 source or network, 5 integrity,
    6 some inputs failed.
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped
    if context.invoked_subcommand is not None:
        given = [name for name, value in {"pipeline": pipeline, "input": input, **options}.items() if value is not None]
        if given:
            raise click.UsageError(f"--{given[0]} stands before {context.invoked_subcommand!r}: put it behind")
        return None
    if pipeline is None and input is None:
        click.echo(context.get_help())
        return None
    if pipeline is None or input is None:
        raise click.UsageError("--pipeline and --input go together: ocrzoo --pipeline OCR --input page.png")
    return read_pages([input], output="dictionary", pipeline=pipeline, **options)


for command in (models, ocr, plugins, sources, lock):
    ocrzoo.add_command(command)
