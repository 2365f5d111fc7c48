"""``import ocrzoo`` loads nothing heavy, and gives its public names when asked."""

from __future__ import annotations

import subprocess
import sys

import pytest

import ocrzoo


def test_importing_it_alone_loads_nothing_heavy() -> None:
    code = (
        "import sys, ocrzoo; print(sorted({'numpy', 'cv2', 'PIL', 'pydantic', 'ocrzoo_registry'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", ocrzoo.__all__)
def test_public_names(name: str) -> None:
    assert getattr(ocrzoo, name).__name__ == name


def test_other_names() -> None:
    with pytest.raises(AttributeError, match="module 'ocrzoo' has no attribute 'create_pipelines'"):
        _ = ocrzoo.create_pipelines
