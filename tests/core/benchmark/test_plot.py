"""The plot of ``ocrzoo bench``."""

from __future__ import annotations

import io
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from ocrzoo.benchmark.figures import Measured, row
from ocrzoo.benchmark.plot import check_plot, draw
from ocrzoo.benchmark.samples import Samples
from ocrzoo_registry.errors import UsageError

ROWS = [
    row(Measured(name, "a machine", Samples(None, memory_mb=[100, 200]), [1.0, 2.0], pages=2))
    for name in ("OCR-nopp-mobile", "OCR-nopp-server")
]


def test_a_picture_is_in_the_format_of_its_name() -> None:
    assert ET.fromstring(draw(ROWS, Path("plot.svg"))).tag == "{http://www.w3.org/2000/svg}svg"
    assert Image.open(io.BytesIO(draw(ROWS, Path("plot.png")))).format == "PNG"


def test_a_plot_that_could_not_be_written_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown suffix, use one of \.svg, \.png"):
        check_plot(tmp_path / "plot.pdf")
    with pytest.raises(UsageError, match="there is no folder"):
        check_plot(tmp_path / "nowhere" / "plot.svg")
