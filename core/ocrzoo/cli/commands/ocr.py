"""``ocrzoo ocr``: read pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ocrzoo.cli.model_options import language_terms, languages_option
from ocrzoo.cli.ocr_runner import OcrJob, Printed, run_ocr
from ocrzoo.cli.options import (
    SAVED_AS,
    decoding_options,
    hard_page_options,
    model_options,
    note_details,
    paragraph_options,
    password_options,
    prediction_options,
    running_options,
    word_options,
)
from ocrzoo.cli.output import debug_option
from ocrzoo.cli.values import CommaSeparated


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...", type=click.Path())
@languages_option("Language to read, such as ru, zh-Hant or Korean; several: ru,ko,en.")
@language_terms
@model_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per page and line.")
@click.option(
    "--output",
    "outputs",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Write all pages as one document: .txt, .md, .tsv, .hocr, .xml (ALTO) or .pdf (searchable); repeat it for "
    "several.",
)
@click.option(
    "--replace_text",
    is_flag=True,
    help="In PDFs of PDFs, replace invisible text of an earlier OCR; otherwise only missing words are added.",
)
@click.option(
    "--save_as",
    metavar="KIND,...",
    type=CommaSeparated(click.Choice(SAVED_AS)),
    help=f"With --save_path, the files of each page: {', '.join(SAVED_AS)}.  [json,img]",
)
@running_options
@prediction_options
@hard_page_options
@word_options
@decoding_options
@paragraph_options
@password_options
@debug_option
def ocr(
    inputs: tuple[str, ...],
    lang: str | None,
    prefer: str,
    accept_missing: bool,
    as_json: bool,
    outputs: tuple[Path, ...],
    replace_text: bool,
    save_as: tuple[str, ...] | None,
    save_path: Path | None,
    **options: Any,
) -> int:
    """Read the text of images, PDFs, folders, URLs, or - for standard input.

    Pages are read as they are; --use_doc_orientation_classify True and --use_doc_unwarping True correct them first.
    """
    if save_as is not None and save_path is None:
        raise click.UsageError("--save_as needs --save_path")
    if not as_json and save_path is None and not outputs:
        note_details(options, "the results of --json or --save_path")
    from ocrzoo.pipelines.factory import OPTIONAL_STAGES

    for switch in OPTIONAL_STAGES:
        options[switch] = bool(options[switch])
    choice = {"pipeline": "OCR", "lang": lang, "prefer": prefer, "accept_missing": accept_missing}
    printed: Printed = "json" if as_json else "text"
    reading = OcrJob(inputs, printed, save_path, save_as or ("json", "img"), outputs, replace_text)
    return run_ocr(reading, choice, options)
