"""``ocrzoo ocr``: read pages."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, Literal

import click

from ocrzoo.cli.options import prediction_options, running_options
from ocrzoo.cli.terminal import debug_option, page_progress, waiting
from ocrzoo_registry.errors import ExitCode, InputError

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
    from ocrzoo.inputs import pages
    from ocrzoo.pipelines.create import create_pipeline
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    zoo.resolver.on_fetch = waiting
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
    total = sum(1 for _ in pages(inputs))
    failed: list[InputError] = []

    def keep_going(error: InputError) -> None:
        failed.append(error)
        click.echo(f"{click.style('error', fg='red', bold=True)}: {error}", err=True)

    with page_progress(total) as advance:
        for result in made.predict(inputs, on_error=keep_going, **parameters):
            _print(result, output, heading=total > 1)
            if save_path is not None:
                result.save_to_json(save_path)
                result.save_to_img(save_path)
            advance()
    return ExitCode.INPUTS if failed else ExitCode.DONE


def _print(result: OCRResult, output: Output, *, heading: bool) -> None:
    if output == "json":
        click.echo(json.dumps(result.json["res"], ensure_ascii=False))
    elif output == "dictionary":
        result.print(format_json=False)
    else:
        if heading:
            click.echo(f"==> {result['input_path']} <==")
        for text in result["rec_texts"]:
            if text:
                click.echo(text)
