"""Inputs that are there to harm: nothing hangs, nothing fills the memory, and every refusal is one clear line."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from ocrzoo import inputs
from ocrzoo_registry.errors import InputError, UsageError


def the_error(source: inputs.Input) -> str:
    (page,) = inputs.pages(source)
    with pytest.raises(InputError) as caught:
        page.read()
    assert "\n" not in str(caught.value)
    return str(caught.value)


class TestHostileFiles:
    """Files that are there to harm: nothing hangs, nothing fills the memory, and the other pages go on."""

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "page.png")
        assert "a pipe or device, not a file" in the_error(tmp_path / "page.png")

    def test_a_device_is_not_read(self) -> None:
        assert "a pipe or device, not a file" in the_error("/dev/zero")

    def test_a_file_without_end_is_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(inputs, "MAX_BYTES", 10)
        (tmp_path / "page.png").write_bytes(b"x" * 11)
        assert "larger than 10 bytes" in the_error(tmp_path / "page.png")

    def test_a_header_that_only_opencv_would_take_is_refused(self) -> None:
        """A wrong checksum in an ancillary chunk stops Pillow, which knows the size, but not OpenCV."""
        content = bytearray(cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes())
        chunk = b"tEXt" + b"key\0value"
        content[33:33] = len(chunk[4:]).to_bytes(4, "big") + chunk + b"\0\0\0\0"
        with pytest.raises(InputError, match="not an image"):
            inputs.decode(bytes(content), "page")

    def test_a_side_beyond_the_coordinates_is_refused(self) -> None:
        with pytest.raises(InputError, match="too large: 32767 x 2"):
            inputs.from_array(np.zeros((2, 32767, 3), np.uint8))

    @pytest.mark.parametrize("name", ["", "x" * 5000, "nul\0byte.png"])
    def test_names_that_no_file_can_have(self, name: str) -> None:
        assert the_error(name)

    @pytest.mark.parametrize(
        ("name", "stem"),
        [
            ("http://127.0.0.1/%00.png", "_"),
            ("http://127.0.0.1/C%3Aevil.png", "C_evil"),
            ("http://127.0.0.1/%2e%2e%2fup.png", "up"),
            ("y" * 300 + ".png", "y" * 60),
        ],
    )
    def test_results_get_names_that_every_system_allows(self, name: str, stem: str) -> None:
        (page,) = inputs.pages(name)
        assert page.stem == stem

    @pytest.mark.parametrize("wrong", [None, 3, b"page.png", {"a": 1}])
    def test_what_is_no_input_is_told(self, wrong: Any) -> None:
        with pytest.raises(UsageError, match="is no input: give a path"):
            list(inputs.pages(wrong))
