"""The checks of a data set, as one table; what PaddleOCR does with each fault is in :mod:`ocrzoo.datasets.labels`."""

from __future__ import annotations

from ocrzoo.datasets import finding
from ocrzoo.datasets.faults import Check
from ocrzoo.datasets.labels import IGNORED_TEXTS

CHECKS = (
    Check(
        "bom",
        "error",
        "a byte-order mark, which is taken for a part of the first path",
        "save the file as UTF-8 without a byte-order mark",
        finding.of_files(lambda file: "begins with one" if "bom" in file.marks else ""),
    ),
    Check(
        "encoding",
        "error",
        "a line that is not UTF-8",
        "save the file as UTF-8",
        finding.of_lines(
            lambda entry: (
                "" if entry.label.encoded else f"bytes of another encoding after {finding.shown(entry.label.path)}"
            )
        ),
    ),
    Check(
        "line-ends",
        "warning",
        "line ends of Windows, which add a character to each label",
        "save it with Unix line ends",
        finding.of_files(lambda file: "has \\r\\n" if "cr" in file.marks else ""),
    ),
    Check(
        "tab",
        "error",
        "no tab between path and label",
        "put one tab there, and no spaces",
        finding.of_lines(finding.without_tab),
    ),
    Check(
        "more-tabs",
        "error",
        "a second tab: what is after it is dropped",
        "put spaces in the label",
        finding.of_lines(
            lambda entry: f"dropped is {finding.shown(entry.label.dropped)}" if entry.label.dropped else ""
        ),
    ),
    Check(
        "image",
        "error",
        "a picture that cannot be read",
        "restore it, or remove the line; --data_dir is where paths start",
        finding.of_lines(finding.lost_picture),
    ),
    Check("label", "error", "an empty label", "write the text, or remove the line", finding.of_lines(finding.no_label)),
    Check(
        "charset",
        "error",
        "a character that the model cannot write: it is left out of the label silently",
        "correct the labels, or train with a dictionary that has it",
        finding.lacking,
    ),
    Check(
        "conflict",
        "error",
        "the same picture with different labels",
        "keep the right line",
        lambda data: finding.same_picture(data, finding.different_labels),
    ),
    Check(
        "leak",
        "error",
        "the same picture in train and val, so that figures are too good",
        "keep one of the lines",
        lambda data: finding.same_picture(data, finding.leak),
    ),
    Check(
        "regions",
        "error",
        "a label that is no JSON list of regions",
        'write [{"transcription": ..., "points": [[x, y], ...]}, ...]',
        finding.of_lines(finding.no_regions, "detection"),
    ),
    Check(
        "points",
        "error",
        "a region without valid points or text",
        "correct its points: clockwise from the top left corner",
        finding.of_lines(finding.bad_regions, "detection", readable=True),
    ),
    Check(
        "clockwise",
        "warning",
        "a region whose points run counter-clockwise",
        "give them clockwise from the top left corner",
        finding.of_lines(finding.counter_clockwise, "detection", readable=True),
    ),
    Check(
        "no-region",
        "warning",
        "a page without a region, which is left out of training",
        "remove the line, or add regions",
        finding.of_lines(finding.page_without_regions, "detection"),
    ),
    Check(
        "length",
        "warning",
        "a label longer than max_text_length: the line is left out silently",
        "raise max_text_length in the recipe and --max_text_length here, or cut the line",
        finding.too_long,
    ),
    Check(
        "length-of-two",
        "warning",
        "a label that recipes with a second head (PP-OCRv3 to v5) leave out: they need two more places",
        "raise max_text_length by 2",
        finding.barely_too_long,
    ),
    Check(
        "narrow",
        "warning",
        "a picture too narrow for its text: CTC needs a column a character, and one between two of a kind",
        "look whether picture and label belong together, and whether the line is on its side",
        finding.of_lines(finding.narrow, "recognition", readable=True),
    ),
    Check(
        "ignored",
        "warning",
        "a label that means 'not legible' in detection, and is a text to learn in recognition",
        "remove the line",
        finding.of_lines(lambda entry: entry.label.path if entry.label.text in IGNORED_TEXTS else "", "recognition"),
    ),
    Check(
        "nfc",
        "warning",
        "a label with decomposed characters",
        "write the labels in NFC, as charsets are",
        finding.decomposed,
    ),
    Check(
        "repeated",
        "warning",
        "the same picture several times",
        "keep one line",
        lambda data: finding.same_picture(data, finding.repeated),
    ),
    Check(
        "alpha",
        "warning",
        "a transparent picture: PaddleOCR drops the transparency, and sees the colors below",
        "save it without",
        finding.of_lines(lambda entry: entry.label.path if entry.picture.transparent else ""),
    ),
    Check(
        "exif",
        "warning",
        "a picture that is to be turned by its EXIF data: not all programs do so",
        "save it turned",
        finding.of_lines(lambda entry: entry.label.path if entry.picture.turned else ""),
    ),
    Check(
        "absolute",
        "warning",
        "an absolute path, which leads to it on this machine only",
        "write paths below data_dir",
        finding.of_lines(finding.absolute),
    ),
)
"""All checks, in the order in which they are reported within their severity."""
