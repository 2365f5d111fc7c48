"""What differs from PaddleX on purpose, with the reason: nothing else may differ.

A purpose says which cases and which aspects of their answers it is about (shell patterns over ``Case.name`` and
``Finding.aspect``). The tests see that each is still needed, and that those which ``paddlex_quirks`` undoes are undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from case_comparison import NOTHING, Finding


@dataclass(frozen=True)
class Purpose:
    """One difference that is meant."""

    what: str
    theirs: str
    ours: str
    why: str
    aspects: Sequence[str]
    cases: Sequence[str] = ("*",)
    quirk: bool = False
    """Whether ``paddlex_quirks=True`` gives PaddleX's behavior."""
    only_empty: bool = False
    """Whether it holds for pages without text only."""
    everywhere: bool = False
    """Whether it holds for every result."""
    unseen: bool = False
    """Whether no case shows it, for want of weights or of a second run; tests of its own do."""
    first: bool = False
    """Whether it counts before the others."""

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is what this is about."""
        if self.only_empty and not _says_nothing(finding):
            return False
        named = any(fnmatchcase(finding.case, pattern) for pattern in self.cases)
        return named and any(fnmatchcase(finding.aspect, pattern) for pattern in self.aspects)


def _says_nothing(finding: Finding) -> bool:
    if finding.aspect == "type:rec_boxes":
        return str(finding.theirs) == "array float64 1d"
    if finding.aspect.startswith("key:"):
        return (finding.ours, finding.theirs) == ([], NOTHING)
    return "'rec_texts': []" in str(finding.ours) and "'rec_texts': []" in str(finding.theirs)


def purpose_of(finding: Finding) -> Purpose | None:
    """Return why something differs, if that is on the list; the first purpose counts."""
    ranked = sorted(PURPOSES, key=lambda purpose: not purpose.first)
    return next((purpose for purpose in ranked if purpose.covers(finding)), None)


SWITCHES = "use_doc_orientation_classify, use_doc_unwarping = "
READ = ("key:*", "type:*", "pages:*", "printed:print(False)")
"""Everything that is read on a page, which follows from the pixels that it is read in."""

UPSIDE_DOWN = ("turned_sideways", "upside_down", "sideways")
"""Pages with lines that are upside down once their crops are turned as PaddleX does."""

PURPOSES: Sequence[Purpose] = (
    Purpose(
        what="keys `dt_scores`, `reading_order`, `line_counts`, and with preprocessing `rec_polys_original`",
        theirs="absent, although the tutorial lists `dt_scores`",
        ours="there; the second and third not with `paddlex_quirks`",
        why="the tutorial lists the first; the others tell in which order a person reads the lines, how many are "
        "missing, and where they are in the original page",
        aspects=("key:dt_scores", "key:reading_order", "key:line_counts", "key:rec_polys_original"),
        everywhere=True,
    ),
    Purpose(
        what="`print()` without arguments",
        theirs="a Python dictionary with abbreviated arrays",
        ours="JSON",
        why="the tutorial: `format_json` is `True` by default",
        aspects=("printed:print()",),
        everywhere=True,
    ),
    Purpose(
        what="where `print` writes",
        theirs="to its log, on standard error",
        ours="to standard output",
        why="the text is the output, so it can be piped",
        aspects=("printed to:*",),
        everywhere=True,
    ),
    Purpose(
        what="a page without text",
        theirs="no key `textline_orientation_angles`; `rec_boxes` is a float array of shape (0,)",
        ours="the key exists and is empty; `rec_boxes` is int16 of shape (0, 4)",
        why="results always have the same keys",
        aspects=("key:textline_orientation_angles", "type:rec_boxes", "printed:print(False)"),
        only_empty=True,
    ),
    Purpose(
        what="0 for `text_det_thresh`, `text_det_box_thresh`, `text_det_unclip_ratio`",
        theirs="reports 0 and computes with the pipeline's own value",
        ours="computes with 0",
        why="0 is a value, and a result should report the value that was used",
        aspects=("key:*", "type:*"),
        cases=(
            "text_det_thresh = 0 on *",
            "text_det_box_thresh = 0 on *",
            "text_det_unclip_ratio = 0 on *",
            "create_pipeline = zeros on *",
        ),
    ),
    Purpose(
        what="one switch of the preprocessing given and the other not, or both off in the configuration",
        theirs="one off and the other not given: both off; both off in the configuration: an empty result",
        ours="a switch that is not given keeps the pipeline's setting; no result for a stage that is off",
        why="the tutorial: `None` means the pipeline's own setting",
        aspects=("key:*", "type:*", "pages:*", "img:*"),
        cases=(f"{SWITCHES}None, False on *", f"{SWITCHES}False, None on *", f"{SWITCHES}None, None on 'neither'"),
        quirk=True,
    ),
    Purpose(
        what="pixel values of an unwarped page outside 0 to 255",
        theirs="wrap around: slightly above white becomes black",
        ours="are clipped",
        why="specks on white paper are read as text",
        aspects=READ,
        cases=(f"{SWITCHES}False, True on *", f"{SWITCHES}* on 'unwarping'", "doc_preprocessor = False, *"),
        quirk=True,
    ),
    Purpose(
        what="pixels of a page that is rotated and unwarped",
        theirs="both the difference above and the one below",
        ours="neither",
        why="as given there",
        aspects=("pages:output_img",),
        cases=(
            f"{SWITCHES}*, True on *",
            f"{SWITCHES}*, None on 'upright'",
            "doc_preprocessor = *, True on *",
            "doc_preprocessor = *, None on 'preprocessor'",
            "* on 'on'",
            "* on 'v5 on'",
            "* on 'batches of 1'",
            "input = * on 'preprocessor'",
            "methods = * on 'preprocessor'",
            "* on 'preprocessor paddle'",
            "* on 'yaml preprocessor'",
        ),
        quirk=True,
    ),
    Purpose(
        what="which lines are rotated",
        theirs="every line of a batch of six gets the orientation of the first one",
        ours="each line gets its own",
        why="otherwise upright lines are rotated and misread",
        aspects=("key:textline_orientation_angles",),
        cases=("use_textline_orientation = *", "* on 'on'", "* on 'lines*'", "* on 'v5 on'", "* on 'paddle'"),
        quirk=True,
    ),
    Purpose(
        what="rotating a page or a line",
        theirs="`warpAffine` around a center half a pixel off: a black row and column, and the rest shifted by a pixel",
        ours="exact",
        why="otherwise pixels at two edges are lost, with accents and dots",
        aspects=READ,
        cases=(
            f"{SWITCHES}*",
            "doc_preprocessor = *",
            "* on 'on'",
            "* on 'lines'",
            "* on 'v5 on'",
            "* on 'preprocessor*'",
            "* on 'paddle'",
            "* on 'orientation'",
            "* on 'lines x0.25'",
            "* on 'batches of *'",
            "* on 'yaml preprocessor'",
        ),
        quirk=True,
    ),
    Purpose(
        what="words and their boxes",
        theirs="only Latin letters, digits and Chinese form words; axis-aligned boxes of equal cells, mirrored in "
        "turned lines, int64",
        ours="words of every script, each box inside its line, int16; spaces are not words",
        why="otherwise Cyrillic, Greek, Arabic, Korean and accented words are split, and boxes are off the words",
        aspects=("key:text_word", "key:text_word_boxes", "type:text_word*", "printed:print(False)"),
        quirk=True,
    ),
    Purpose(
        what="requesting a stage that the pipeline was built without",
        theirs="yields a dictionary with the key `error`, then raises AttributeError",
        ours="loads the model and returns a result",
        why="the user asked for it, and the configuration names the model",
        aspects=("outcome", "results"),
        cases=(f"{SWITCHES}*", "doc_preprocessor = *", "use_textline_orientation = True*"),
    ),
    Purpose(
        what="a threshold outside 0 to 1, a side of 0 or less",
        theirs="0 means the pipeline's own value; otherwise an empty or meaningless result",
        ours="a one-line error with the allowed range",
        why="a probability cannot exceed 1, nor a side be smaller than 1: it is a mistake",
        aspects=("outcome", "results"),
        cases=(
            "text_det_limit_side_len = 0 on *",
            "text_det_limit_side_len = -1 on *",
            "text_det_thresh = -0.5 on *",
            "text_*_thresh = 2 on *",
        ),
    ),
    Purpose(
        what="a threshold written without a decimal point",
        theirs="`text_rec_score_thresh` is an int if the configuration has an int, or no value",
        ours="always a float",
        why="one type",
        aspects=("type:text_rec_score_thresh",),
        cases=("create_pipeline = bare on *", "create_pipeline = zeros on *"),
    ),
    Purpose(
        what="input that is a list of lists or a `pathlib.Path`, or a URL with a query",
        theirs="skipped with a log message",
        ours="read",
        why="the meaning is clear",
        aspects=("results",),
        cases=("input = list of lists on *", "input = pathlib.Path on *", "input = URL with a query on *"),
    ),
    Purpose(
        what="input that cannot be read",
        theirs="no result and no error; None, numbers and other files are skipped with a log message",
        ours="an error that names the input and the reason",
        why="otherwise a program that loops over results takes them for empty pages",
        aspects=("outcome",),
        cases=(
            "input = no such folder on *",
            "input = file of another kind on *",
            "input = None on *",
            "input = number on *",
        ),
    ),
    Purpose(
        what="arrays other than uint8 BGR images",
        theirs="gray, H x W x 1 and BGRA raise unrelated errors; floats and arrays without pixels give an empty result",
        ours="gray and BGRA are read; floats and arrays without pixels are an error that says how to convert",
        why="the meaning of an array is clear in the first case, and not in the second",
        aspects=("outcome", "results"),
        cases=("input = array: *",),
    ),
    Purpose(
        what="one page of several that cannot be read",
        theirs="ends the run; pages after it are not read",
        ours="the others are read, then the error is raised (or handed to `on_error`)",
        why="one broken file must not stop a long run",
        aspects=("results",),
        cases=("input = list with a broken picture on *",),
    ),
    Purpose(
        what="`input_path` of a URL",
        theirs="the path of the downloaded file in its cache",
        ours="the URL",
        why="the URL is the input; ocrzoo keeps no copy",
        aspects=("key:input_path",),
        cases=("input = URL*",),
    ),
    Purpose(
        what="a configuration with an unknown key, or a pipeline name other than the one given",
        theirs="the key is ignored; the configuration's name is used",
        ours="an error that names the key and the nearest known one",
        why="a misspelled threshold would be ignored",
        aspects=("outcome", "results"),
        cases=("create_pipeline = no such key on *", "create_pipeline = another name and config on *"),
    ),
    Purpose(
        what="`text_type: seal`",
        theirs="crops along polygons, for models that detect seals",
        ours="refused",
        why="the tutorial: the type is fixed as `general`; no model of this pipeline detects seals",
        aspects=("outcome", "results"),
        cases=("create_pipeline = seal on *",),
    ),
    Purpose(
        what="custom weights under an unknown name",
        theirs="refused: the name must be that in `inference.yml`, and one of PaddleX's list",
        ours="read",
        why="fine-tuned models have their own names",
        aspects=("outcome", "results"),
        cases=("create_pipeline = no such model on *",),
    ),
    Purpose(
        what="file names for arrays, and for inputs with an uppercase suffix",
        theirs="the time in seconds and a random number, which arrays of one second share; uppercase",
        ours="`array`, `array_2`, ...; lowercase",
        why="no result overwrites another, and a run can be repeated",
        aspects=("files:*(folder*",),
        cases=("methods = array: bgr on *", "methods = suffix in capitals on *"),
    ),
    Purpose(
        what="several pages or pictures saved to one named file",
        theirs="each page overwrites the last; only the first picture is saved",
        ours="the name with `_<page>`, and with the picture's name for further pictures",
        why="no result overwrites another",
        aspects=("files:*(file)",),
        cases=("methods = *page* on *", "methods = * on 'on'", "methods = * on 'orientation'"),
    ),
    Purpose(
        what="drawing a page of one pixel",
        theirs="raises a font error",
        ours="draws it",
        why="any page can be drawn",
        aspects=("img:*", "files:*"),
        cases=("methods = dot.png on *",),
    ),
    Purpose(
        what="order of right-to-left lines",
        theirs="that of the bidirectional algorithm: a Latin word at the left end makes the line one from the left; "
        "after Arabic letters, dates and telephone numbers with hyphens are turned around",
        ours="the line starts at the right; dates, numbers and addresses are as printed",
        why="14-03-2026 was read as 2026-03-14",
        aspects=(),
        quirk=True,
        unseen=True,
    ),
    Purpose(
        what="a line longer than 3,200 pixels at 48 high, a side of more than 4,000 pixels, more than 1,000 regions",
        theirs="squeezed; scaled; those at the top are dropped",
        ours="read in pieces; searched in tiles too, where scaling would lose text; all read",
        why="otherwise text is lost",
        aspects=READ,
        cases=("page = wide_line.png on *",),
        quirk=True,
    ),
    Purpose(
        what="lines that run up, or are upside down, while the stage for line orientation is off",
        theirs="read as they are, to garbage",
        ours="read both ways; those that are better upside down have the angle 1",
        why="otherwise text is lost, and the weights for that stage are in no package",
        aspects=("key:textline_orientation_angles", "key:rec_texts", "key:rec_scores"),
        cases=(
            *(f"page = {page}.png on '{name}'" for page in UPSIDE_DOWN for name in ("off", "words")),
            f"{SWITCHES}False, False on *",
            f"{SWITCHES}None, None on 'off'",
            *(f"{SWITCHES}None, False on '{name}'" for name in ("off", "neither", "unwarping")),
            *(f"{SWITCHES}False, None on '{name}'" for name in ("off", "neither", "orientation")),
        ),
        quirk=True,
        first=True,
    ),
    Purpose(
        what="transparency",
        theirs="dropped; below it, ink and ground often have the same color, and no line is read",
        ours="laid on a ground that shows the ink: black ink on white, white ink on black, both on gray",
        why="it is what a viewer shows, and otherwise content is lost",
        aspects=("results", *READ),
        cases=("input = png with * on *",),
        quirk=True,
    ),
    Purpose(
        what="EXIF rotation in WebP",
        theirs="not applied",
        ours="applied, as in JPEG",
        why="otherwise a photograph is read on its side",
        aspects=READ,
        cases=("input = webp with EXIF rotation on *",),
        quirk=True,
    ),
    Purpose(
        what="reduced copies and masks in a TIFF",
        theirs="pages",
        ours="not pages",
        why="they repeat a page for a quick look",
        aspects=("results",),
        cases=("input = TIFF with a reduced copy on *",),
        quirk=True,
    ),
    Purpose(
        what="a file in the folder of results that an earlier run wrote for another input of the same name",
        theirs="replaced",
        ours="kept: the new one is `<name>_2`; a second run of one input replaces its own files",
        why="otherwise results are lost",
        aspects=(),
        cases=(),
        unseen=True,
    ),
)
