"""The command ``ocrzoo`` itself: its sub-commands, and PaddleX's own command line as a drop-in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ocrzoo.cli.lazy_group import LazyGroup
from ocrzoo.cli.options import password_options, prediction_options, running_options, word_options
from ocrzoo.cli.output import debug_option, one_line
from ocrzoo.cli.values import PIPELINE
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import read_bounded

_COMMANDS = {
    "batch": "ocrzoo.cli.commands.batch:batch",
    "bench": "ocrzoo.cli.commands.bench:bench",
    "bundle": "ocrzoo.cli.commands.bundle:bundle",
    "cards": "ocrzoo.cli.commands.cards:cards",
    "catalog": "ocrzoo.cli.commands.catalog:catalog",
    "compare": "ocrzoo.cli.commands.compare:compare",
    "completion": "ocrzoo.cli.commands.completion:completion",
    "dataset": "ocrzoo.cli.commands.dataset:dataset",
    "doctor": "ocrzoo.cli.commands.doctor:doctor",
    "export": "ocrzoo.cli.commands.export:export",
    "languages": "ocrzoo.cli.commands.languages:languages",
    "lock": "ocrzoo.cli.commands.lock:lock",
    "mcp": "ocrzoo.cli.commands.mcp:mcp",
    "mirror": "ocrzoo.cli.commands.mirror:mirror",
    "models": "ocrzoo.cli.commands.models:models",
    "ocr": "ocrzoo.cli.commands.ocr:ocr",
    "plugins": "ocrzoo.cli.commands.plugins:plugins",
    "replay": "ocrzoo.cli.commands.replay:replay",
    "review": "ocrzoo.cli.commands.review:review",
    "serve": "ocrzoo.cli.commands.serve:serve",
    "sources": "ocrzoo.cli.commands.sources:sources",
    "tune": "ocrzoo.cli.commands.tune:tune",
}
"""Each sub-command's dotted path; only the one that runs is imported."""

_ELSEWHERE = {
    **dict.fromkeys(("download", "fetch", "install", "pull"), "models pull"),
    **dict.fromkeys(("predict", "read", "recognize", "run"), "ocr"),
    "list": "models list",
    "search": "models list",
    "select": "models select",
    "version": "--version",
}
"""What other programs, or our own groups, call a command."""


def _accept_dashes(option: str) -> str:
    """Accept ``--save-path`` for ``--save_path``."""
    return option.replace("-", "_")


@click.group(
    cls=LazyGroup,
    lazy=_COMMANDS,
    also={"card": "cards", "catalogue": "catalog"},
    elsewhere=_ELSEWHERE,
    invoke_without_command=True,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "token_normalize_func": _accept_dashes,
        "max_content_width": 110,
    },
)
@click.option(
    "--pipeline",
    metavar="NAME",
    type=PIPELINE,
    help="Run a pipeline as PaddleX does: a name such as OCR, or a YAML file.",
)
@click.option(
    "--input",
    metavar="FILE",
    type=click.Path(),
    help="With --pipeline: an image, a folder, a URL, or - for standard input.",
)
@click.option(
    "--get_pipeline_config",
    metavar="NAME",
    type=PIPELINE,
    help="Write the configuration of a pipeline to --save_path.",
)
@click.option("--serve", is_flag=True, default=None, help="Serve --pipeline over HTTP: as 'ocrzoo serve'.")
@click.option("--host", metavar="ADDRESS", help="With --serve: the address to listen on.  [127.0.0.1]")
@click.option("--port", metavar="PORT", type=click.IntRange(0, 65535), help="With --serve: the port.  [8080]")
@running_options
@prediction_options
@word_options
@password_options
@debug_option
@click.version_option(package_name="ocrzoo", prog_name="ocrzoo")
@click.pass_context
def ocrzoo(
    context: click.Context,
    /,
    pipeline: str | None,
    input: str | None,
    get_pipeline_config: str | None,
    save_path: Path | None,
    serve: bool | None,
    host: str | None,
    port: int | None,
    **options: Any,
) -> int | None:
    """Read text from images with the PP-OCR models.

    \b
        ocrzoo ocr page.png
        ocrzoo models list --task text_recognition --lang ko
        ocrzoo models select --lang ru,en --explain
        ocrzoo models pull --lang ru

    Exit codes: 0 done, 1 bug, 2 usage, 3 no such model or language, 4 source or network, 5 integrity,
    6 some inputs failed.
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped
    if context.invoked_subcommand is not None:
        given = [name for name, value in context.params.items() if value is not None]
        if given:
            raise click.UsageError(f"--{given[0]} must come after the command {context.invoked_subcommand!r}")
        return None
    if get_pipeline_config is not None:
        click.echo(one_line(str(write_config(get_pipeline_config, save_path or Path()))))
        return None
    if serve:
        return run_server(pipeline or "OCR", host, port, {**options, "input": input, "save_path": save_path})
    if host is not None or port is not None:
        raise click.UsageError("--host and --port need --serve")
    if pipeline is None and input is None:
        click.echo(context.get_help())
        return None
    if pipeline is None or input is None:
        raise click.UsageError("--pipeline and --input must be given together: ocrzoo --pipeline OCR --input page.png")
    from ocrzoo.cli.ocr_runner import OcrJob, run_ocr

    return run_ocr(OcrJob([input], "dictionary", save_path), {"pipeline": pipeline}, options)


def run_server(pipeline: str, host: str | None, port: int | None, options: dict[str, Any]) -> int:
    """Serve a pipeline as PaddleX does; its stages are those of its configuration.

    Raises:
        UsageError: An option is one that requests have.
    """
    from ocrzoo.cli.commands.serve import run
    from ocrzoo.pipelines.factory import Options

    given = {name: value for name, value in options.items() if value is not None}
    if unfit := next((name for name in given if name not in Options.__annotations__), None):
        raise click.UsageError(f"--{unfit} cannot be given with --serve: requests say how they are read")
    return run(pipeline, host or "127.0.0.1", 8080 if port is None else port, given)


def write_config(name: str, folder: Path) -> Path:
    """Write a pipeline's configuration to ``<name>.yaml`` in a folder; another file there is not overwritten.

    Raises:
        UsageError: There is no such pipeline, or the file exists and differs.
    """
    from ocrzoo.pipelines.config import config_text
    from ocrzoo.results.output_files import write
    from ocrzoo_registry.zoo import Zoo

    content = config_text(Zoo().pipelines.get(name)).encode()
    path = folder / f"{name}.yaml"
    try:
        if read_bounded(path, len(content)) == content:
            return path
    except FileNotFoundError:
        return write(path, content)
    except OSError:
        pass  # a folder, a pipe, or larger
    raise UsageError(f"{path} exists and differs: choose another folder with --save_path, or move the file")
