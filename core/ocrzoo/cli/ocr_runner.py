"""Run a pipeline for a command: print and save its results page by page."""

from __future__ import annotations

import inspect
import io
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import click

from ocrzoo.cli.documents import documents_of, write_documents
from ocrzoo.cli.output import one_line, print_message
from ocrzoo.cli.progress import download_events, page_progress
from ocrzoo_registry.errors import ExitCode, OcrzooError, PluginError, UsageError

if TYPE_CHECKING:
    from ocrzoo.results.base import PageResult
    from ocrzoo.results.ocr import OCRResult
    from ocrzoo.results.page_text import UnreadPage

Printed = Literal["text", "json", "dictionary"]

_OF_PIPELINE = (
    "engine",
    "device",
    "use_hpip",
    "hpi_config",
    "precision",
    "batching",
    "paddlex_quirks",
    "frames",
    "memory",
)
"""Options that go to ``create_pipeline``; models' names and folders do too, all others to ``predict``."""


@dataclass(frozen=True)
class OcrJob:
    """Inputs of a command, and the outputs requested."""

    inputs: Sequence[str]
    printed: Printed
    save_path: Path | None = None
    save_as: Sequence[str] = ("json", "img")
    """Files of each page: ``json``, ``img``, or an export format."""
    outputs: Sequence[Path] = ()
    """Documents with all pages."""
    replace_text: bool = False
    """Whether the invisible text of PDF files is replaced in PDFs."""
    failed: list[OcrzooError] = field(default_factory=list)
    unread: list[UnreadPage] = field(default_factory=list)
    """Pages that failed since the last one was read."""

    @property
    def keeps(self) -> bool:
        """Whether files are written."""
        return self.save_path is not None or bool(self.outputs)

    def record_error(self, error: OcrzooError) -> None:
        """Report the error of one page and go on."""
        self.failed.append(error)
        print_message("error", str(error))
        page = getattr(error, "page", None)
        if self.outputs and page is not None and page.origin is not None:
            from ocrzoo.results.page_text import UnreadPage

            self.unread.append(UnreadPage(page.stem, page.origin, page.page_index))


def run_ocr(reading: OcrJob, arguments: Mapping[str, Any], options: Mapping[str, Any]) -> int:
    """Run the pipeline, print and save the results, and return the exit code.

    ``arguments`` and the ``options`` of ``create_pipeline`` go there, all other options to ``predict``.
    """
    from ocrzoo.inputs import InputOptions, count_pages, decoder_messages
    from ocrzoo.pipelines.factory import create_pipeline
    from ocrzoo_registry.zoo import Zoo

    decoder_messages.separate()
    documents = documents_of(reading.outputs, reading.inputs)
    zoo = Zoo(events=download_events())
    of_pipeline = {key: value for key, value in options.items() if key in _OF_PIPELINE or "_model_" in key}
    of_pages = {key: value for key, value in options.items() if key not in of_pipeline and value is not None}
    made = create_pipeline(**arguments, **of_pipeline, zoo=zoo)
    _check_options(made.predict, of_pages)
    for folder in filter(None, (reading.save_path, *(output.parent for output in reading.outputs))):
        _make_folder(folder)
    frames = InputOptions(frames=options.get("frames") or "first")
    total = count_pages(reading.inputs, frames, password=of_pages.get("password"))
    with page_progress(total) as advance:
        found = made.predict(list(reading.inputs), on_error=reading.record_error, **of_pages)
        several = (total is not None and total > 1) or len(reading.inputs) > 1
        handled = _handle(reading, found, advance, several=several)
        if documents:
            write_documents(documents, handled, reading.unread, replace_text=reading.replace_text)
        deque(handled, maxlen=0)
    return ExitCode.INPUTS if reading.failed else ExitCode.DONE


def _check_options(predict: Any, options: Mapping[str, Any]) -> None:
    """Refuse options that the pipeline lacks: the command line has those of all pipelines."""
    parameters = inspect.signature(predict).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for option in options:
        if option not in parameters:
            raise UsageError(f"--{option}: this pipeline does not have this parameter")


def _handle(reading: OcrJob, found: Iterator[Any], advance: Any, *, several: bool) -> Iterator[Any]:
    """Print, save and yield each result."""
    listened = True
    for result in found:
        _check_result(result)
        heading = several or result["page_index"] is not None
        listened = listened and _printed(reading, result, heading=heading)
        if reading.save_path is not None:
            for kind in reading.save_as:
                _save(reading, result, kind, reading.save_path)
        advance()
        yield result


def _check_result(result: Any) -> None:
    """Refuse what a plugin's pipeline yields where the command could not print it."""
    from ocrzoo.results.base import PageResult

    if not isinstance(result, PageResult):
        raise PluginError(f"this pipeline yields {type(result).__name__}: the command prints an ocrzoo.PageResult only")


def _printed(reading: OcrJob, result: PageResult, *, heading: bool) -> bool:
    """Print a result and return whether standard output is still open; files are written in any case (``| head``)."""
    try:
        _print(result, reading.printed, heading=heading)
        if sys.stdout is not None:
            sys.stdout.flush()  # notice a closed pipe now, not when the program ends
    except BrokenPipeError:
        if not reading.keeps:
            raise
        sys.stdout = io.StringIO()  # the buffered rest must not be flushed to a closed pipe
        return False
    return True


def _save(reading: OcrJob, result: PageResult, kind: str, save_path: Path) -> None:
    try:
        save = getattr(result, f"save_to_{kind}", None)
        if save is None:
            raise UsageError(f"{type(result).__name__} cannot be saved as {kind}")
        save(save_path, **({"replace_text": True} if kind == "pdf" and reading.replace_text else {}))
    except UsageError as error:
        reading.record_error(error)


def _make_folder(path: Path) -> None:
    """Create the folder for results before pages are read, and check that it is writable."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise UsageError(f"{path} cannot hold the results: {error.strerror or error}") from error


def _print(result: PageResult, printed: Printed, *, heading: bool) -> None:
    from ocrzoo.results.base import to_json
    from ocrzoo.results.exports.content import sanitize

    if printed == "json":
        click.echo(to_json(result.json["res"]))
    elif printed == "dictionary":
        result.print(format_json=False)
    else:
        if heading:
            click.echo(f"==> {one_line(_name(result))} <==")
        if "paragraphs" in result:
            click.echo(cast("OCRResult", result).text)
            return
        texts = result["rec_texts"]
        for index in result.get("reading_order", range(len(texts))):
            if text := sanitize(texts[index]):
                click.echo(text)


def _name(result: PageResult) -> str:
    page = result["page_index"]
    return str(result["input_path"]) if page is None else f"{result['input_path']}, page {page + 1}"
