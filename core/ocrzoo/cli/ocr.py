"""``ocrzoo ocr``: read pages."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ocrzoo.cli.options import prediction_options, running_options
from ocrzoo.cli.progress import page_progress, show_fetching
from ocrzoo.cli.terminal import debug_option, one_line, tell
from ocrzoo_registry.errors import ExitCode, OcrzooError, UsageError

if TYPE_CHECKING:
    from ocrzoo.results.ocr import OCRResult

Output = Literal["text", "json", "dictionary"]
log = logging.getLogger("ocrzoo")


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--lang", metavar="TAG", help="Language to read, such as ru or zh-Hant.")
@click.option("--text_detection_model_name", metavar="NAME", help="[PP-OCRv5_mobile_det]")
@click.option("--text_detection_model_dir", metavar="DIR", type=click.Path(), help="Its files, if not the store's.")
@click.option("--text_recognition_model_name", metavar="NAME", help="[PP-OCRv5_mobile_rec]")
@click.option("--text_recognition_model_dir", metavar="DIR", type=click.Path(), help="Its files, if not the store's.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a page, a line each.")
@running_options
@prediction_options
@debug_option
def ocr(inputs: tuple[str, ...], as_json: bool, **options: Any) -> int:
    """Read the text of images, folders, URLs, or - for standard input."""
    return read_pages(inputs, output="json" if as_json else "text", **options)


def read_pages(
    inputs: list[str] | tuple[str, ...],
    *,
    output: Output,
    save_path: str | None,
    pipeline: str = "OCR",
    lang: str | None = None,
    text_detection_model_name: str | None = None,
    text_detection_model_dir: str | None = None,
    text_recognition_model_name: str | None = None,
    text_recognition_model_dir: str | None = None,
    engine: str | None = None,
    device: str | None = None,
    **parameters: Any,
) -> int:
    """Read pages and print what was read; returns the exit code."""
    from ocrzoo.inputs import count_pages
    from ocrzoo.pipelines.create import create_pipeline
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    show_fetching(zoo.resolver)
    made = create_pipeline(
        pipeline,
        lang=lang,
        text_detection_model_name=text_detection_model_name,
        text_detection_model_dir=text_detection_model_dir,
        text_recognition_model_name=text_recognition_model_name,
        text_recognition_model_dir=text_recognition_model_dir,
        engine=engine,
        device=device,
        zoo=zoo,
    )
    if save_path is not None:
        _make_folder(Path(save_path))
    total = count_pages(inputs) or len(inputs)
    failed: list[OcrzooError] = []

    def keep_going(error: OcrzooError) -> None:
        failed.append(error)
        tell("error", str(error), colour="red")

    with page_progress(total) as advance:
        for result in made.predict(inputs, on_error=keep_going, **parameters):
            _print(result, output, heading=total > 1)
            if save_path is not None:
                try:
                    result.save_to_json(save_path)
                    result.save_to_img(save_path)
                except UsageError as error:
                    keep_going(error)
            advance()
    return ExitCode.INPUTS if failed else ExitCode.DONE


def _make_folder(path: Path) -> None:
    """Make the folder for results now: it would be late to learn after reading that it cannot be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path}: cannot be a folder for results: {error.strerror or error}") from error


def _print(result: OCRResult, output: Output, *, heading: bool) -> None:
    from ocrzoo.results.ocr import to_json

    if output == "json":
        click.echo(to_json(result.json["res"]))
    elif output == "dictionary":
        result.print(format_json=False)
    else:
        if heading:
            click.echo(f"==> {one_line(result['input_path'])} <==")
        for text in result["rec_texts"]:
            if text:
                click.echo(text)
