"""``ocrzoo serve``: the OCR pipeline as a web server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ocrzoo.cli.model_options import language_terms, languages_option
from ocrzoo.cli.options import engine_options, model_options, stage_options, together
from ocrzoo.cli.output import debug_option, print_message
from ocrzoo.cli.values import PIPELINE
from ocrzoo_registry.errors import UsageError

if TYPE_CHECKING:
    from ocrzoo.serving.settings import ServerSettings

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class Size(click.ParamType[int]):
    """An amount of memory, such as 700MiB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Parse it."""
        from ocrzoo.memory.sizes import parse_size

        try:
            return value if isinstance(value, int) else parse_size(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Workers(click.ParamType[int | None]):
    """A number of workers, or ``auto``."""

    name = "n|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """Parse it."""
        if value == "auto":
            return None
        return click.IntRange(1, 256).convert(value, param, ctx)


address_options = together(
    click.option("--host", metavar="ADDRESS", default="127.0.0.1", help="Address to listen on.  [127.0.0.1]"),
    click.option("--port", metavar="PORT", type=click.IntRange(0, 65535), default=8080, help="Port.  [8080; 0: any]"),
)
"""Adds the address of a server."""

file_limit_options = together(
    click.option(
        "--timeout",
        "timeout_s",
        metavar="SECONDS",
        type=click.FloatRange(1),
        help="Time for a request, the queue included.  [120]",
    ),
    click.option("--max_bytes", metavar="SIZE", type=Size(), help="Largest file.  [100MiB]"),
    click.option(
        "--max_pages",
        metavar="N",
        type=click.IntRange(1),
        help="Pages that are read of a document.  [10, or the configuration's]",
    ),
    click.option("--max_pixels", metavar="N", type=click.IntRange(1), help="Pixels of the largest page.  [178956970]"),
)
"""Adds the limits of a file."""

limit_options = together(
    click.option("--workers", metavar="N|auto", type=Workers(), help="Worker processes.  [auto: one for 8 cores]"),
    click.option("--threads", metavar="N", type=click.IntRange(1), help="Threads of each worker.  [cores / workers]"),
    click.option("--queue", metavar="N", type=click.IntRange(1), help="Requests that wait at most.  [128]"),
    file_limit_options,
    click.option("--memory", metavar="SIZE", help="Keep each worker's memory below it: 700MiB, 1.5GiB.  [no limit]"),
    click.option(
        "--recycle_pages", metavar="N", type=click.IntRange(1), help="Replace a worker after so many pages.  [never]"
    ),
    click.option(
        "--recycle_memory",
        "recycle_bytes",
        metavar="SIZE",
        type=Size(),
        help="Replace a worker whose memory is above it.  [never]",
    ),
    click.option(
        "--cache",
        "cache_bytes",
        metavar="SIZE",
        type=Size(),
        help="Keep answers of this size for equal requests.  [none]",
    ),
    click.option(
        "--jobs_bytes",
        metavar="SIZE",
        type=Size(),
        help="Keep results of asynchronous jobs of this size until they are fetched.  [256MiB]",
    ),
    click.option(
        "--jobs_ttl", "jobs_ttl_s", metavar="SECONDS", type=click.FloatRange(1), help="Keep them so long.  [3600]"
    ),
    click.option(
        "--uploads_bytes",
        metavar="SIZE",
        type=Size(),
        help="Keep files of this size that clients upload before they ask for their text.  [256MiB]",
    ),
    click.option(
        "--uploads_ttl", "uploads_ttl_s", metavar="SECONDS", type=click.FloatRange(1), help="Keep them so long.  [3600]"
    ),
)
"""Adds the limits of a server."""

request_options = together(
    click.option(
        "--keys",
        "keys_file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Ask for API keys: a file with a line for each, its name, the key and perhaps a rate.",
    ),
    click.option(
        "--url_host",
        "url_hosts",
        metavar="HOST",
        multiple=True,
        help="Download files from this host, or *.example.org, if a request asks; repeatable.  [none]",
    ),
    click.option("--private_urls", is_flag=True, help="Also from addresses of a private network."),
    click.option(
        "--languages",
        type=click.Choice(["installed", "any", "off"]),
        help="Languages that requests may ask for: those of models here, any, or none.  [installed]",
    ),
)
"""Adds what requests may ask for, and with which keys."""

access_options = together(
    request_options,
    click.option(
        "--origin",
        "origins",
        metavar="ORIGIN",
        multiple=True,
        help="Let scripts of this site, https://site.example, read answers; repeatable.  [none]",
    ),
    click.option("--no_ui", is_flag=True, help="Without the page /ui."),
)
"""Adds who may do what."""


served_options = together(
    click.option(
        "--pipeline",
        metavar="NAME",
        type=PIPELINE,
        default="OCR",
        help="OCR, or a YAML file with its configuration.  [OCR]",
    ),
    languages_option("Language to read, such as ru, zh-Hant or Korean; several: ru,ko,en."),
    language_terms,
    model_options,
    stage_options,
    address_options,
)
"""Adds what is served where."""


@click.command()
@served_options
@limit_options
@access_options
@engine_options
@debug_option
def serve(pipeline: str, host: str, port: int, **options: Any) -> int:
    """Serve the pipeline over HTTP, until Ctrl-C: POST /ocr as PaddleX has it, and what other clients speak.

    \b
        ocrzoo serve
        curl --data-binary @page.png -H 'Content-Type: image/png' 'localhost:8080/ocr?format=txt'

    The page http://127.0.0.1:8080/ui reads files by hand. docs/serving.md has the protocols, limits and deployment.
    Needs ocrzoo[serve].
    """  # noqa: D301  # \b is click's mark for text that is not rewrapped
    from ocrzoo.serving.settings import with_stages

    return run(pipeline, host, port, with_stages(pipeline, options))


def run(pipeline: str, host: str, port: int, options: dict[str, Any]) -> int:
    """Serve a pipeline; ``options`` are settings of the server and arguments of ``create_pipeline``."""
    from ocrzoo.cli.output import one_line, print_note
    from ocrzoo.serving.server import serve as run_server

    options["ui"] = not options.pop("no_ui", False)
    settings = settings_of(pipeline, options)

    def started(address: str) -> None:
        print_note(f"serving at {one_line(address)}: POST {one_line(address)}/ocr (stop with Ctrl-C)")
        warn_of_strangers(host, settings)

    run_server(settings, host, port, started)
    return 0


def settings_of(pipeline: str, options: dict[str, Any]) -> ServerSettings:
    """Return the settings of a server; those of ``options`` that it lacks are arguments of ``create_pipeline``."""
    from dataclasses import fields

    from ocrzoo.serving.settings import ServerSettings

    options = {name: value for name, value in options.items() if value is not None}
    own = {one.name for one in fields(ServerSettings)} - {"pipeline", "config", "options"}
    threads = options.get("threads")
    settings = {name: options.pop(name) for name in list(options) if name in own}
    if threads is not None:
        settings["threads"] = threads
    given = {name: str(value) if isinstance(value, Path) else value for name, value in options.items() if value != ""}
    return ServerSettings().with_pipeline(pipeline, options=given, **settings)


def warn_of_strangers(host: str, settings: ServerSettings) -> None:
    """Warn if other machines can use a server, and it asks for no key."""
    if host not in _LOOPBACK and settings.keys_file is None:
        print_message("warning", f"anyone who can reach this machine at {host} can use it: --keys asks for a key")
