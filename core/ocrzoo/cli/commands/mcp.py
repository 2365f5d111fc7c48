"""``ocrzoo mcp``: reading and the choice of models as tools for language models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ocrzoo.cli.commands.serve import (
    file_limit_options,
    request_options,
    served_options,
    settings_of,
    warn_of_strangers,
)
from ocrzoo.cli.options import engine_options
from ocrzoo.cli.output import debug_option, one_line, print_note
from ocrzoo_registry.errors import UsageError


@click.command()
@click.option(
    "--folder",
    "folders",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    multiple=True,
    help="Read files below this folder; repeatable.  [none: files are sent]",
)
@click.option("--http", is_flag=True, help="Speak Streamable HTTP at --host and --port, not standard input and output.")
@served_options
@file_limit_options
@request_options
@engine_options
@debug_option
def mcp(folders: tuple[Path, ...], http: bool, pipeline: str, host: str, port: int, **options: Any) -> int:
    """Offer tools over the Model Context Protocol: read_page, list_models and choose_model.

    \b
        ocrzoo mcp --folder ~/scans
        ocrzoo mcp --folder ~/scans --http --port 8081

    A client starts the first itself; the second is at http://127.0.0.1:8081/mcp. Needs ocrzoo[mcp].
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped
    try:
        from ocrzoo.serving import mcp as tools
    except ImportError as error:
        raise UsageError(f"the tools are not installed ({error}): run pip install 'ocrzoo[mcp]'") from error

    from ocrzoo.serving.settings import with_stages

    settings = settings_of(pipeline, with_stages(pipeline, options))
    if not http:
        if settings.keys_file is not None:
            raise click.UsageError("--keys needs --http")
        tools.serve_stdio(settings, folders)
        return 0

    def started(address: str) -> None:
        print_note(f"serving at {one_line(address)} (stop with Ctrl-C)")
        warn_of_strangers(host, settings)

    tools.serve_http(settings, folders, host, port, started)
    return 0
