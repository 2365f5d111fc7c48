"""Options that several commands share, under PaddleX's names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ocrzoo.cli.output import print_note
from ocrzoo.cli.values import ENGINE, LinesFile, PlainMapping, Switch, UpscaleFactor, models_like
from ocrzoo.decoding import MOST_READINGS
from ocrzoo.pipelines.modules import MODULES
from ocrzoo.precision.wanted import ALIASES, PRECISIONS
from ocrzoo.results.exports import SUFFIXES
from ocrzoo.types import MAX_UPSCALE

Command = Callable[..., Any]
Decorator = Callable[[Command], Command]

SAVED_AS = ("json", "img", *SUFFIXES)
"""Kinds of files that a result can be saved as."""


class PrecisionName(click.Choice[str]):
    """A precision; shorter names are accepted too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return its full name."""
        return super().convert(ALIASES.get(value, value), param, ctx)


def _add_passwords(context: click.Context, _option: click.Parameter, given: Sequence[str] | None) -> None:
    """Collect the passwords of both options in one parameter, which does not exist without them."""
    if given:
        context.params["password"] = [*context.params.get("password", ()), *given]


def together(*options: Decorator) -> Decorator:
    """Return a decorator that adds several options, in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


stage_options = together(
    click.option("--use_doc_orientation_classify", type=Switch(), help="Correct the orientation of pages."),
    click.option("--use_doc_unwarping", type=Switch(), help="Unwarp bent pages."),
    click.option("--use_textline_orientation", type=Switch(), help="Rotate lines that are upside down."),
)
"""Adds the switches of optional stages."""

prediction_options = together(
    stage_options,
    click.option(
        "--text_det_limit_side_len",
        type=int,
        help="Minimum or maximum side of a page, by --text_det_limit_type.  [64]",
    ),
    click.option(
        "--text_det_limit_type",
        type=click.Choice(["min", "max"]),
        help="min: scale pages up to the side length; max: scale them down to it.  [min]",
    ),
    click.option("--text_det_thresh", type=float, help="Minimum score of a text pixel.  [0.3]"),
    click.option("--text_det_box_thresh", type=float, help="Minimum score of a text region.  [0.6]"),
    click.option("--text_det_unclip_ratio", type=float, help="How far text regions are expanded.  [1.5]"),
    click.option("--text_rec_score_thresh", type=float, help="Minimum score of a line in the result.  [0.0]"),
)
"""Adds the parameters of ``predict``."""

word_options = click.option("--return_word_box", type=Switch(), help="Also return the box of each word.  [False]")
"""Adds the option for word boxes."""


hard_page_options = together(
    click.option(
        "--upscale",
        metavar="N|auto",
        type=UpscaleFactor(1, MAX_UPSCALE),
        help="Look for small letters on pages that are enlarged so much; auto: where lines are small.  [1]",
    ),
    click.option(
        "--enhance", type=Switch(), help="Take noise from pages, and raise contrast where it is low.  [False]"
    ),
)
"""Adds the options for pages that are hard to read."""


def _unless_empty(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...] | None:
    return given or None


decoding_options = together(
    click.option(
        "--allow",
        metavar="TEXT",
        multiple=True,
        callback=_unless_empty,
        help="Characters that lines may have: 0-9, digits, '\\p{Lu}', lang:de; may be repeated.  [all]",
    ),
    click.option(
        "--deny",
        metavar="TEXT",
        multiple=True,
        callback=_unless_empty,
        help="Characters that no line has; may be repeated.  [none]",
    ),
    click.option(
        "--pattern",
        "patterns",
        metavar="REGEX",
        multiple=True,
        callback=_unless_empty,
        help="What each line is: a regular expression, or amount, date, email, mrz, number, plate or time; repeat it "
        "for several.",
    ),
    click.option(
        "--lexicon",
        metavar="FILE",
        type=LinesFile(16 << 20),
        help="File with a text per line: each line read is one of them.",
    ),
    click.option(
        "--alternatives",
        metavar="N",
        type=click.IntRange(0, MOST_READINGS),
        help="Also return the N most probable readings of each line.  [0]",
    ),
    click.option(
        "--restore_spaces",
        type=Switch(),
        help="Add spaces that the model sees between words but does not read.  [False]",
    ),
    click.option("--return_chars", type=Switch(), help="Also return the box and score of each character.  [False]"),
    click.option("--return_scripts", type=Switch(), help="Also return the script of each line.  [False]"),
)
"""Adds what is known of the lines, and what is returned of their characters."""

_DETAILS = ("return_word_box", "return_chars", "return_scripts", "alternatives")
"""Options for what neither text nor tables show."""


def note_details(options: Mapping[str, Any], where: str) -> None:
    """Say which options that are asked for show nothing, and where to find it."""
    if asked := [f"--{name}" for name in _DETAILS if options.get(name)]:
        print_note(f"note: {', '.join(asked)}: what is returned besides is in {where}")


paragraph_options = together(
    click.option(
        "--split_columns", type=Switch(), help="Split lines that were detected across two columns of text.  [False]"
    ),
    click.option("--return_paragraphs", type=Switch(), help="Also return paragraphs and headings.  [False]"),
    click.option(
        "--dehyphenate",
        type=Switch(),
        help="Return paragraphs in which words divided at the end of a line are whole.  [False]",
    ),
)
"""Adds the options for columns and paragraphs."""

password_options = together(
    click.option(
        "--password",
        metavar="TEXT",
        multiple=True,
        expose_value=False,
        callback=_add_passwords,
        help="Password of encrypted PDFs; may be repeated. Other users of this machine may see it.",
    ),
    click.option(
        "--password_file",
        metavar="FILE",
        type=LinesFile(1 << 20),
        expose_value=False,
        callback=_add_passwords,
        help="File with passwords of encrypted PDFs, one per line.",
    ),
)
"""Adds the passwords of PDF files."""

engine_options = together(
    click.option(
        "--engine", metavar="NAME", type=ENGINE, help="openvino, onnxruntime or paddle.  [the fastest installed]"
    ),
    click.option("--device", metavar="DEVICE", help="cpu, or a kind and card numbers: gpu:0, or gpu:0,1.  [cpu]"),
    click.option(
        "--use_hpip",
        type=Switch(),
        help="True: a faster engine (high-performance inference); False: Paddle's.",
    ),
    click.option(
        "--hpi_config",
        metavar="MAPPING",
        type=PlainMapping(),
        help="PaddleX's hpi_config, such as '{backend: openvino}'.",
    ),
    click.option(
        "--precision",
        type=PrecisionName(PRECISIONS),
        help="Numeric precision; auto: the fastest as accurate as float32 by the model's figures; checked: bfloat16, "
        "and float32 for lines in doubt.  [auto]",
    ),
    click.option(
        "--batching",
        type=click.Choice(["exact", "width"]),
        help="Batch lines as PaddleX does, or by width.  [by precision]",
    ),
    click.option("--paddlex_quirks", type=Switch(), help="Also reproduce PaddleX's known errors.  [False]"),
    click.option(
        "--frames",
        type=click.Choice(["first", "all"]),
        help="Frames of an animated GIF, PNG or WebP, or photographs in one file, that are pages.  [first]",
    ),
)
"""Adds the options for engine and device."""

running_options = together(
    engine_options,
    click.option(
        "--memory",
        metavar="SIZE",
        help="Keep this process's memory below it: 700MiB, 1.5GiB. Large pages are read in tiles.  [no limit]",
    ),
    click.option(
        "--save_path",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Save the results (JSON and images) in this folder.",
    ),
)
"""Adds the options for engine, device and output folder."""

model_options = together(
    *(
        click.option(
            f"--{module}_model_{what}",
            metavar=what.upper(),
            help=text,
            type=click.Path() if what == "dir" else models_like(default),
        )
        for module, (_, default) in MODULES.items()
        for what, text in (("name", f"[{default}]"), ("dir", "Folder with custom weights."))
    )
)
"""Adds the options that choose models."""
