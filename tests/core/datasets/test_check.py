"""The check of a data set: each row of its table finds its fault, and nothing else is found."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from tests.core.datasets.kit import detection, found, picture, recognition, region, report_of

from ocrzoo.datasets.check import characters, charset_of, read
from ocrzoo.datasets.checks import CHECKS
from ocrzoo_registry.errors import UnknownModel, UsageError
from ocrzoo_registry.zoo import Zoo

LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz ")
SQUARE = region((10, 10), (90, 10), (90, 60), (10, 60))


def rewritten(path: Path, change: Callable[[bytes], bytes]) -> Path:
    path.write_bytes(change(path.read_bytes()))
    return path


def good(folder: Path) -> Path:
    return recognition(folder, ["one line", "another", "the third"])


def with_alpha(folder: Path) -> Path:
    path = recognition(folder, ["one"])
    Image.new("RGBA", (480, 48), (0, 0, 0, 0)).save(folder / "images" / "0.png")
    return path


def with_exif(folder: Path) -> Path:
    path = recognition(folder, ["one"])
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (480, 480), "white").save(folder / "images" / "0.png", "JPEG", exif=exif)
    return path


def truncated(folder: Path) -> Path:
    path = recognition(folder, ["one"])
    rewritten(folder / "images" / "0.png", lambda content: content[:100])
    return path


def gif(folder: Path) -> Path:
    path = recognition(folder, ["one"])
    Image.new("P", (480, 48)).save(folder / "images" / "0.png", "GIF")
    return path


def emptied(folder: Path) -> Path:
    path = recognition(folder, ["one"])
    (folder / "images" / "0.png").write_bytes(b"")
    return path


def missing(folder: Path) -> Path:
    path = recognition(folder, ["one", "two"])
    (folder / "images" / "1.png").unlink()
    return path


def conflicting(folder: Path) -> Path:
    path = recognition(folder, ["one", "two"])
    (folder / "images" / "1.png").write_bytes((folder / "images" / "0.png").read_bytes())
    return path


def leaking(folder: Path) -> Path:
    recognition(folder, ["one", "two"])
    recognition(folder, ["one"], "rec_gt_val.txt")
    return folder


def repeated(folder: Path) -> Path:
    return rewritten(recognition(folder, ["one"]), lambda content: content * 2)


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "bom": (lambda folder: rewritten(good(folder), lambda content: b"\xef\xbb\xbf" + content), "begins with one"),
    "encoding": (
        lambda folder: rewritten(good(folder), lambda content: content.replace(b"another", b"anoth\xe9r")),
        ":2: bytes of another",
    ),
    "line-ends": (
        lambda folder: rewritten(good(folder), lambda content: content.replace(b"\n", b"\r\n")),
        "rec_gt_train.txt: has",
    ),
    "tab": (
        lambda folder: rewritten(good(folder), lambda content: content.replace(b"\tanother", b" another")),
        ":2: no tab in 'images/1.png another'",
    ),
    "more-tabs": (
        lambda folder: rewritten(good(folder), lambda content: content.replace(b"one line", b"one\tline")),
        ":1: dropped is 'line'",
    ),
    "image": (missing, ":2: images/1.png: no such file"),
    "label": (lambda folder: recognition(folder, ["one", " "]), ":2: images/1.png has no text"),
    "charset": (
        lambda folder: recognition(folder, ["stra\u00dfe", "gr\u00f6\u00dfe"]),
        ":1, rec_gt_train.txt:2: '\u00df' (LATIN SMALL LETTER SHARP S) 2 times",
    ),
    "conflict": (conflicting, "rec_gt_train.txt:1, rec_gt_train.txt:2: 'one' and 'two'"),
    "leak": (leaking, "rec_gt_train.txt:1, rec_gt_val.txt:1: images/0.png"),
    "regions": (
        lambda folder: rewritten(detection(folder, [SQUARE]), lambda content: content * 2 + b"pages/0.png\t{}\n"),
        ":3: not a list of objects",
    ),
    "points": (
        lambda folder: detection(folder, [SQUARE, region((0, 0), (500, 0), (500, 9), (0, 9))]),
        "region 2: [500, 0] is outside of the picture, 400 x 300",
    ),
    "clockwise": (
        lambda folder: detection(folder, [region((10, 10), (10, 60), (90, 60), (90, 10))]),
        "region 1: [[10, 10], [10, 60]",
    ),
    "no-region": (lambda folder: detection(folder, []), "pages/0.png has no region"),
    "length": (lambda folder: recognition(folder, ["a" * 2 + "bc" * 15]), "32 characters, 25 are taken"),
    "length-of-two": (lambda folder: recognition(folder, ["ab" * 12]), "24 characters, 23 are taken"),
    "narrow": (
        lambda folder: recognition(folder, ["aa" * 8, "ab" * 8]) and _narrowed(folder),
        "needs 31 columns, 200 x 48 pixels have 25",
    ),
    "ignored": (lambda folder: recognition(folder, ["###"]), "images/0.png"),
    "nfc": (lambda folder: recognition(folder, ["cafe\u0301"]), "is not in NFC"),
    "repeated": (repeated, "rec_gt_train.txt:1, rec_gt_train.txt:2: images/0.png"),
    "alpha": (with_alpha, "images/0.png"),
    "exif": (with_exif, "images/0.png"),
    "absolute": (
        lambda folder: rewritten(
            good(folder), lambda content: content.replace(b"images/0", f"{folder}/images/0".encode())
        ),
        "/images/0.png",
    ),
}
"""For each check a data set with its fault, and what is said of it."""

TOO = {"regions": {"conflict", "repeated"}, "charset": set(), "line-ends": set()}
"""What else is found of some of them."""


def _narrowed(folder: Path) -> Path:
    for number in range(2):
        picture(folder / "images" / f"{number}.png", 200, 48, seed=number)
    return folder / "rec_gt_train.txt"


def test_there_is_a_bad_data_set_for_every_check() -> None:
    assert list(BAD) == [check.name for check in CHECKS]


@pytest.mark.parametrize("name", BAD)
def test_each_check_finds_its_fault_and_no_other_does(tmp_path: Path, name: str) -> None:
    make, example = BAD[name]
    limits: dict[str, Any] = {"charset": LETTERS, "charset_name": "a"} if name == "charset" else {}
    report = report_of(make(tmp_path), **limits)
    faults = found(report)
    assert example in faults.pop(name)
    assert faults.keys() <= TOO.get(name, set())
    severity = next(check.severity for check in CHECKS if check.name == name)
    assert report.ok == (severity == "warning")


def test_a_good_data_set_has_no_fault(tmp_path: Path) -> None:
    good(tmp_path)
    recognition(tmp_path, ["a fourth"], "rec_gt_val.txt", first=3)
    detection(tmp_path, [SQUARE, region((0, 0), (400, 0), (400, 300), (0, 300), text="###")])
    report = report_of(tmp_path, charset=LETTERS)
    assert found(report) == {}
    assert [(file["kind"], file["part"], file["lines"]) for file in report.files] == [
        ("detection", "train", 1),
        ("recognition", "train", 3),
        ("recognition", "val", 1),
    ]


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (((10, 10), (90, 60), (90, 10), (10, 60)), "its sides cross"),
        (((10, 10), (90, 10), (90, 10), (10, 10)), "it has no area"),
        (((10, 10), (90, 10), (90, 60)), "3 points, 4 to 1000 are needed"),
        (((10, 10), (90, 10)) * 501, "1002 points, 4 to 1000 are needed"),
        (((10, 10), (90, 10), (90, 60), (10, 10**400)), "is outside of the picture"),
        (((10, 10), (90, 10), (90, 60), (10, float("nan"))), "no points, or some that are not [x, y]"),
        (((-1, 10), (90, 10), (90, 60), (10, 60)), "[-1, 10] is outside of the picture"),
    ],
)
def test_regions_that_are_none(tmp_path: Path, points: Any, message: str) -> None:
    assert message in found(report_of(detection(tmp_path, [region(*points)])))["points"]


def test_a_label_file_for_detection_is_one_though_all_its_labels_are_faulty(tmp_path: Path) -> None:
    label = "[{'transcription': 'word', 'points': [[0, 0], [9, 0], [9, 9], [0, 9]]}]"  # of Python, not of JSON
    for name in ("det_gt_train.txt", "Label.txt"):
        report = report_of(detection(tmp_path / name, label, name))
        assert [file["kind"] for file in report.files] == ["detection"]
        assert found(report).keys() == {"regions"}


def test_an_example_is_short_however_long_a_path_is(tmp_path: Path) -> None:
    path = tmp_path / "rec_gt_train.txt"
    path.write_text("x" * 100_000 + "\tword\n")
    assert len(found(report_of(path))["image"]) < 600


@pytest.mark.parametrize(("make", "why"), [(truncated, "damaged"), (gif, "OpenCV"), (emptied, "the file is empty")])
def test_pictures_that_cannot_be_read(tmp_path: Path, make: Callable[[Path], Path], why: str) -> None:
    assert why in found(report_of(make(tmp_path)))["image"]


def test_the_most_frequent_character_that_is_lacking_is_first(tmp_path: Path) -> None:
    path = recognition(tmp_path, ["a1", "a2", "2b2"])
    fault = next(fault for fault in report_of(path, charset=LETTERS, charset_name="x").faults)
    assert fault.count == 2
    assert "'2' (DIGIT TWO) 3 times, not in the charset of x" in fault.example


def test_several_pictures_of_one_line_are_all_looked_at(tmp_path: Path) -> None:
    path = rewritten(
        good(tmp_path), lambda content: content.replace(b"images/0.png", b'["images/0.png", "images/gone.png"]')
    )
    assert found(report_of(path)) == {"image": "rec_gt_train.txt:1: images/gone.png: no such file"}


def test_paths_may_start_a_folder_above(tmp_path: Path) -> None:
    """PPOCRLabel writes the folder's own name into them."""
    path = rewritten(good(tmp_path / "scans"), lambda content: content.replace(b"images/", b"scans/images/"))
    (file,) = read(path)
    assert file.data_dir == tmp_path
    assert found(report_of(path)) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "has no labels"), ("images/0.png\tone\n".encode("utf-16"), "is in UTF-16, which PaddleOCR does not read")],
)
def test_a_file_that_nothing_can_be_said_of_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "train.txt").write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read(tmp_path)


def test_a_folder_without_label_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no label file: name one, or call it rec_gt\*.txt"):
        read(tmp_path)


class TestCharsets:
    def test_of_a_model(self, zoo: Zoo) -> None:
        charset = charset_of(zoo, "PP-OCRv5_mobile_rec")
        assert {"a", " ", "\u6f22"} <= charset
        assert all(len(character) == 1 for character in charset)

    def test_of_custom_weights(self, zoo: Zoo, tmp_path: Path) -> None:
        (tmp_path / "inference.yml").write_text("PostProcess:\n  character_dict: [a, b, 1, ab]\n")
        assert charset_of(zoo, str(tmp_path)) == {"a", "b", "1", " "}

    def test_of_what_has_none(self, zoo: Zoo, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="has no charset, since it does text_detection"):
            charset_of(zoo, "PP-OCRv5_mobile_det")
        with pytest.raises(UnknownModel):
            charset_of(zoo, "PP-OCRv99_rec")
        (tmp_path / "inference.yml").write_text("Global: {}\n")
        with pytest.raises(UsageError, match="has no character_dict"):
            charset_of(zoo, str(tmp_path))

    def test_entries_of_several_characters_are_never_looked_up(self) -> None:
        assert characters(["a", "\U0001f1e9\U0001f1ea"]) == {"a", " "}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak of memory from /proc")
def test_large_pictures_are_not_all_decoded_at_once(tmp_path: Path) -> None:
    """Six of 90 megapixels, of which each takes some 600 MB: with all at once, 3.6 GB."""
    names = [f"{number}.png" for number in range(6)]
    content = BytesIO()
    Image.new("RGB", (9500, 9500)).save(content, "PNG", compress_level=1)
    for name in names:
        (tmp_path / name).write_bytes(content.getvalue())
    labels = tmp_path / "rec_gt_train.txt"
    labels.write_text("".join(f"{name}\tword\n" for name in names), encoding="utf-8")
    program = "import sys; from ocrzoo.cli import main; main(sys.argv[1:]); print(open('/proc/self/status').read())"
    command = [sys.executable, "-c", program, "dataset", "check", str(labels), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    assert '"ok": true' in ran.stdout
    # Not the module resource's: that begins with what the process had which started this one.
    (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", ran.stdout, re.MULTILINE)
    assert int(peak) * 1024 < 2 << 30
