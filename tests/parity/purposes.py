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
    return next((purpose for purpose in PURPOSES if purpose.covers(finding)), None)


SWITCHES = "use_doc_orientation_classify, use_doc_unwarping = "
READ = ("key:*", "type:*", "pages:*", "printed:print(False)")
"""Everything that is read on a page, which follows from the pixels that it is read in."""

PURPOSES: Sequence[Purpose] = (
    Purpose(
        what="keys `dt_scores`, and with preprocessing `rec_polys_original`",
        theirs="absent; the tutorial promises `dt_scores`",
        ours="there",
        why="the tutorial promises the one; without the other nobody can find a line on the page as it came",
        aspects=("key:dt_scores", "key:rec_polys_original"),
        everywhere=True,
    ),
    Purpose(
        what="`print()` without arguments",
        theirs="a Python dictionary, arrays cut short",
        ours="JSON",
        why="the tutorial says that `format_json` is `True` unless said otherwise",
        aspects=("printed:print()",),
        everywhere=True,
    ),
    Purpose(
        what="where `print` writes",
        theirs="into its log, which goes to the standard error",
        ours="to the standard output",
        why="what was read is the answer and no message: it can be piped",
        aspects=("printed to:*",),
        everywhere=True,
    ),
    Purpose(
        what="a page without text",
        theirs="no key `textline_orientation_angles`; `rec_boxes` an array of floats of the shape (0,)",
        ours="the key is there, empty; `rec_boxes` is int16 of the shape (0, 4)",
        why="a reader of results need not ask first which keys there are",
        aspects=("key:textline_orientation_angles", "type:rec_boxes", "printed:print(False)"),
        only_empty=True,
    ),
    Purpose(
        what="0 for `text_det_thresh`, `text_det_box_thresh`, `text_det_unclip_ratio`",
        theirs="reports 0 and computes with the pipeline's own value",
        ours="computes with 0",
        why="0 is a value, and a result should tell what it was made with",
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
        theirs="one off, nothing said of the other: both off; both off in the configuration: a result of nothing done",
        ours="what is not said stays as the pipeline has it; nothing to do is not done",
        why="the tutorial: `None` means the pipeline's own setting",
        aspects=("key:*", "type:*", "pages:*", "img:*"),
        cases=(f"{SWITCHES}None, False on *", f"{SWITCHES}False, None on *", f"{SWITCHES}None, None on 'neither'"),
        quirk=True,
    ),
    Purpose(
        what="values of a flattened page beyond 0 to 255",
        theirs="wrap: what is a little lighter than white becomes black",
        ours="are clipped",
        why="specks on white paper are read as text",
        aspects=READ,
        cases=(f"{SWITCHES}False, True on *", f"{SWITCHES}* on 'unwarping'", "doc_preprocessor = False, *"),
        quirk=True,
    ),
    Purpose(
        what="pixels of a page that is turned and flattened",
        theirs="both of the above and below",
        ours="neither",
        why="as told there",
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
        what="which lines are turned",
        theirs="every line is taken for what the first one of its batch of six is",
        ours="each for what it is",
        why="a line that stands upright is turned otherwise, and read as nonsense",
        aspects=("key:textline_orientation_angles",),
        cases=("use_textline_orientation = *", "* on 'on'", "* on 'lines*'", "* on 'v5 on'", "* on 'paddle'"),
        quirk=True,
    ),
    Purpose(
        what="turning a page or a line",
        theirs="`warpAffine` around a center half a pixel off: a black row and column, all else shifted by a pixel",
        ours="exact",
        why="pixels at two edges are lost, and accents and dots with them",
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
        ours="words of every script, each box in its line, int16; spaces are no words",
        why="Cyrillic, Greek, Arabic, Korean and accented words fall to pieces otherwise; boxes lie beside words",
        aspects=("key:text_word", "key:text_word_boxes", "type:text_word*", "printed:print(False)"),
        quirk=True,
    ),
    Purpose(
        what="asking for a stage that the pipeline was made without",
        theirs="yields a dictionary with the key `error`, then raises AttributeError",
        ours="loads the model and answers",
        why="the user asked for it, and the configuration names the model",
        aspects=("outcome", "results"),
        cases=(f"{SWITCHES}*", "doc_preprocessor = *", "use_textline_orientation = True*"),
    ),
    Purpose(
        what="a threshold beyond 0 to 1, a side of 0 or less",
        theirs="0 means the pipeline's own value; otherwise an empty answer, or one nobody meant",
        ours="a one-line error that says what is allowed",
        why="no probability is larger than 1, no side smaller than 1: it is a mistake",
        aspects=("outcome", "results"),
        cases=(
            "text_det_limit_side_len = 0 on *",
            "text_det_limit_side_len = -1 on *",
            "text_det_thresh = -0.5 on *",
            "text_*_thresh = 2 on *",
        ),
    ),
    Purpose(
        what="a threshold written without a point",
        theirs="`text_rec_score_thresh` is an int where the configuration has one, or has none",
        ours="always a float",
        why="one type",
        aspects=("type:text_rec_score_thresh",),
        cases=("create_pipeline = bare on *", "create_pipeline = zeros on *"),
    ),
    Purpose(
        what="input that is a list of lists or a `pathlib.Path`, or a URL with a query",
        theirs="left out with a line in the log",
        ours="read",
        why="nothing speaks against it",
        aspects=("results",),
        cases=("input = list of lists on *", "input = pathlib.Path on *", "input = URL with a query on *"),
    ),
    Purpose(
        what="input that is nothing that can be read",
        theirs="no answer and no error; None, numbers and files of another kind are left out with a line in the log",
        ours="an error that says what is wrong with which input",
        why="a program that loops over results would take silence for empty pages",
        aspects=("outcome",),
        cases=(
            "input = no such folder on *",
            "input = file of another kind on *",
            "input = None on *",
            "input = number on *",
        ),
    ),
    Purpose(
        what="arrays that are no BGR picture of bytes",
        theirs="gray, H x W x 1 and BGRA raise errors about something else; floats and arrays without pixels "
        "give an empty answer",
        ours="gray and BGRA are read; floats and arrays without pixels are an error that says how to convert",
        why="what an array means is clear in the first case, and not in the second",
        aspects=("outcome", "results"),
        cases=("input = array: *",),
    ),
    Purpose(
        what="a page of several that cannot be read",
        theirs="ends the run; pages after it are not read",
        ours="the others are read, then the error is raised (or handed to `on_error`)",
        why="one broken file must not cost a night's work",
        aspects=("results",),
        cases=("input = list with a broken picture on *",),
    ),
    Purpose(
        what="`input_path` of a URL",
        theirs="the file in its cache that the page was downloaded to",
        ours="the URL",
        why="that is what was given; ocrzoo keeps no copy",
        aspects=("key:input_path",),
        cases=("input = URL*",),
    ),
    Purpose(
        what="a configuration that nobody can mean: an unknown key, a name that is not the configuration's",
        theirs="the key is passed over; the configuration's name counts",
        ours="an error that names the key and the nearest known one",
        why="a threshold misspelt is a threshold not set",
        aspects=("outcome", "results"),
        cases=("create_pipeline = no such key on *", "create_pipeline = another name and config on *"),
    ),
    Purpose(
        what="`text_type: seal`",
        theirs="crops along polygons, for models that find seals",
        ours="refused",
        why="the tutorial: the type is fixed as `general`; no model of this pipeline finds seals",
        aspects=("outcome", "results"),
        cases=("create_pipeline = seal on *",),
    ),
    Purpose(
        what="weights of one's own under a name that nobody knows",
        theirs="refused: the name must be that in `inference.yml`, and one of PaddleX's list",
        ours="read",
        why="fine-tuned models have names of their own",
        aspects=("outcome", "results"),
        cases=("create_pipeline = no such model on *",),
    ),
    Purpose(
        what="names of the files of arrays, and of inputs whose suffix is in capitals",
        theirs="the second and a random number, which arrays of one second share; capitals",
        ours="`array`, `array_2`, ...; small letters",
        why="no result is lost under another, and a run can be repeated",
        aspects=("files:*(folder*",),
        cases=("methods = array: bgr on *", "methods = suffix in capitals on *"),
    ),
    Purpose(
        what="several pages or pictures saved to one named file",
        theirs="each page over the last, and the first picture only",
        ours="`_<page>`, and for further pictures their names, after the name",
        why="no result is lost under another",
        aspects=("files:*(file)",),
        cases=("methods = *page* on *", "methods = * on 'on'", "methods = * on 'orientation'"),
    ),
    Purpose(
        what="drawing a page of one pixel",
        theirs="raises an error of the font",
        ours="draws it",
        why="a page is a page",
        aspects=("img:*", "files:*"),
        cases=("methods = dot.png on *",),
    ),
)
