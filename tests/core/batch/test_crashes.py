"""An input that ends its process: found, given up, and no reason to lose the others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
from pyarrow import parquet
from tests.core.batch.kit import TINY, png

from ocrzoo.batch import BatchJob
from ocrzoo.batch.crashes import Notes
from ocrzoo.batch.items import Item, Part
from ocrzoo.batch.places import place_of
from ocrzoo.batch.reader import PartDone, Reader
from ocrzoo.pipelines.ocr import OCRPipeline

POISON = b"ends its process"
SCRIPT = f"""
import os, sys
from ocrzoo.batch import BatchJob, reader, run_batch

real = reader.pages

def pages(source, *arguments, **options):
    if {POISON!r} in source:
        os._exit(9)
    return real(source, *arguments, **options)

reader.pages = pages
names = {{"text_detection_model_name": "PP-OCRv6_tiny_det", "text_recognition_model_name": "PP-OCRv6_tiny_rec"}}
off = dict.fromkeys(("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False)
run_batch(BatchJob(sys.argv[1], sys.argv[2], {{**names, **off}}, rows=3))
"""
MOST_RUNS = 8


def test_it_is_given_up_after_some_runs_and_all_others_are_read(tmp_path: Path) -> None:
    pages, dest = tmp_path / "pages", tmp_path / "out"
    pages.mkdir()
    for number in range(7):
        cv2.imwrite(str(pages / f"{number}.png"), np.full((40, 60, 3), 255, np.uint8))
    with (pages / "4.png").open("ab") as file:
        file.write(POISON)

    codes: list[int] = []
    while not codes or (codes[-1] == 9 and len(codes) < MOST_RUNS):
        codes.append(subprocess.run([sys.executable, "-c", SCRIPT, pages, dest], timeout=300, check=False).returncode)

    assert codes[0] == 9
    assert codes[-1] == 0
    rows = parquet.read_table(dest / "results").to_pylist()
    assert sorted(row["input"] for row in rows) == ["0.png", "1.png", "2.png", "3.png", "5.png", "6.png"]
    (error,) = parquet.read_table(dest / "errors").to_pylist()
    assert error["input"] == "4.png"
    assert error["error"] == "Crashed"
    assert "4.png: it ended each process that read it" in error["message"]
    assert not list((dest / "reading").glob("*"))


def test_a_part_that_is_read_item_by_item_is_done_once_all_are(source: Path, dest: Path, pipeline: OCRPipeline) -> None:
    for name in "abc":
        (source / f"{name}.png").write_bytes(png(name))
    suspect, usual = (Part(name, tuple(Item(f"{one}.png", 9, "") for one in name)) for name in ("ab", "c"))
    for _ in range(2):
        Notes(place_of(str(dest))).begin(suspect, alone=False)

    done: list[PartDone] = []
    reader = Reader(BatchJob(str(source), str(dest), TINY), 1, pipeline, done.append)
    reader.read(iter([suspect, usual]))
    assert done == [PartDone("ab", pages=2, bytes=18), PartDone("c", pages=1, bytes=9)]
    files = [path.name for path in sorted((dest / "results").glob("*"))]
    assert files == ["part-0001-ab-00000.parquet", "part-0001-ab-00001.parquet", "part-0001-c.parquet"]
