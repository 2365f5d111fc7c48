"""Paddle programs as ONNX files: converted once, compared with the original, and kept in the store.

A conversion may be wrong without an error, or be a file that an engine refuses. So an engine gets it only where its
outputs on random inputs of several shapes are those of Paddle.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrzoo.engines.base import EngineOptions, Session
from ocrzoo.loading.candidates import Candidate
from ocrzoo.loading.sessions import load_session
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.child_process import finished
from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.plugins.specs import EngineSpec
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.store import ModelFiles, Store

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

CONVERT_S = 300.0
"""Seconds that a conversion may take; those of the mobile models take one, after Paddle's start of two."""

RELATIVE, ABSOLUTE = 1e-3, 1e-4
"""How far outputs may differ: engines in float32 differ by 4e-6 (PP-OCRv4_mobile_rec, probabilities)."""

OPSET = 17
_AGREE, _FAILED = "agree.txt", "failed.txt"
_SHAPES = ((1, 3, 64, 320), (2, 3, 64, 160))
"""Where the card states no shapes."""

_PROGRAM = """
import sys
import paddle2onnx

program, weights, target, opset = sys.argv[1:]
paddle2onnx.export(program, weights, target, int(opset), enable_onnx_checker=True, optimize_tool="none")
"""

log = logging.getLogger("ocrzoo")


def can_convert() -> bool:
    """Whether the converter is installed (the extra ``convert``), and can run in a process of its own."""
    return not getattr(sys, "frozen", False) and all(find_spec(name) is not None for name in ("paddle2onnx", "paddle"))


def onnx_form(
    card: ModelCard, files: ModelFiles, engines: Sequence[EngineSpec], paddle: EngineSpec, store: Store
) -> tuple[ModelFiles, list[EngineSpec]] | None:
    """Return a Paddle model as ONNX, and those of the engines that compute with it what Paddle computes.

    ``engines`` read ONNX; ``paddle`` is the engine of the original. The first time, it is converted, which takes
    seconds; if that fails, a warning says why, once, and ``None`` is returned from then on.
    """
    versions = ", ".join(f"{spec.name} {spec.version}" for spec in [paddle, *engines])
    recipe = f"onnx {OPSET} by paddle2onnx {_version()}; {versions}"

    def build(folder: Path) -> None:
        fault = _convert(files, folder) or _compare(card, files, folder, engines, paddle)
        if fault:
            log.warning("%s: its conversion to ONNX is not used: %s; %s runs it", files.name, fault, paddle.name)
            (folder / "inference.onnx").unlink(missing_ok=True)
            (folder / _FAILED).write_text(f"{fault}\n", encoding="utf-8")

    try:
        folder = derived.make(files, recipe, build, store=store, temporary=True)
    except OcrzooError as error:
        log.warning("%s: it cannot be converted to ONNX: %s", files.name, error)
        return None
    if (folder / _FAILED).exists():
        return None
    agreeing = (folder / _AGREE).read_text(encoding="utf-8").split()
    return ModelFiles(files.name, "onnx", folder), [spec for spec in engines if spec.name in agreeing]


def _version() -> str:
    from importlib import metadata

    return metadata.version("paddle2onnx")


def _convert(files: ModelFiles, folder: Path) -> str:
    """Write ``inference.onnx``, in a process of its own: the converter may crash. Return what failed, if anything."""
    program = next(path for name in ("inference.json", "inference.pdmodel") if (path := files.folder / name).exists())
    target = folder / "inference.onnx"
    arguments = [str(program), str(files.folder / "inference.pdiparams"), str(target), str(OPSET)]
    try:
        done = finished(
            [sys.executable, "-P", "-c", _PROGRAM, *arguments],
            CONVERT_S,
            cwd=folder,
            env={**os.environ, "FLAGS_enable_pir_api": "1"},
        )
    except subprocess.TimeoutExpired:
        return f"paddle2onnx did not end within {CONVERT_S:g} s"
    except OSError as error:
        return f"{sys.executable} could not be started: {error}"
    if done.returncode == 0 and target.exists():
        return ""
    said = (done.stdout + done.stderr).decode(errors="replace").split("\n")
    reason = next(
        (" ".join(line.split()) for line in reversed(said) if "rror" in line or "ail" in line), "no reason given"
    )
    return f"paddle2onnx failed: {reason[:200]}"


def _compare(
    card: ModelCard, files: ModelFiles, folder: Path, engines: Sequence[EngineSpec], paddle: EngineSpec
) -> str:
    """Write the names of the engines whose outputs are Paddle's. Return why there is none, if so."""
    import numpy as np

    converted = ModelFiles(files.name, "onnx", folder)
    try:
        original = _load(paddle, files)
        expected = [(batch, original.run(batch)) for batch in _batches(card)]
    except OcrzooError as error:
        return f"the original cannot be run: {error}"
    agreeing, faults = [], []
    for spec in engines:
        try:
            session = _load(spec, converted)
            found = [(session.run(batch), output) for batch, output in expected]
        except OcrzooError as error:
            faults.append(" ".join(str(error).replace(str(folder), "it").split())[:160])
            continue
        if all(_alike(one, other) for one, other in found):
            agreeing.append(spec.name)
        else:
            differences = (float(np.max(np.abs(a - b))) for a, b in found if a.shape == b.shape)
            faults.append(f"{spec.name} differs from {paddle.name} by up to {max(differences, default=np.inf):.2g}")
    (folder / _AGREE).write_text("\n".join(agreeing), encoding="utf-8")
    return "" if agreeing else "; ".join(faults)


def _load(spec: EngineSpec, files: ModelFiles) -> Session:
    return load_session(Candidate(spec, files, EngineOptions()), spec.name, log.debug)


def _batches(card: ModelCard) -> list[NDArray[np.float32]]:
    """Random inputs of the smallest and the usual shape of the card, and of two images of the smallest."""
    import numpy as np

    stated = next(iter(card.inference.dynamic_shapes.values()), None)
    shapes: list[Any] = [*_SHAPES] if stated is None else [stated[0], stated[1], (2, *stated[0][1:])]
    generator = np.random.default_rng(0)
    return [generator.uniform(-1, 1, shape).astype(np.float32) for shape in shapes]


def _alike(found: NDArray[np.float32], expected: NDArray[np.float32]) -> bool:
    import numpy as np

    return found.shape == expected.shape and bool(np.allclose(found, expected, RELATIVE, ABSOLUTE))
