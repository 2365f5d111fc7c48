"""Paddle-Lite's ``.nb`` files, made by its program ``opt`` from the user's own environment.

``opt`` reads programs of the format before Paddle 3.0 (``inference.pdmodel``) alone; on any other it aborts. It is in
no wheel for a Python that ocrzoo runs on: ``paddlelite`` on PyPI has one for Python 3.10 at most (docs/export.md).
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from ocrzoo.model_export.targets import RECOGNITION, Model, Options, Placed, manifest_of, paths_of
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.child_process import finished
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import reason

PROGRAM, WEIGHTS = "inference.pdmodel", "inference.pdiparams"
TIMEOUT_S = 600
"""A model of 10 MB takes two seconds."""
_LONGEST_OUTPUT = 200


def lay_out(models: Sequence[Model], folder: Path, options: Options) -> list[Placed]:
    """``<name>/model.nb`` for each model, and ``labels/<name>.txt`` with a recognition model's characters, a line each.

    These are the places that Paddle-Lite's OCR demo for Android has in ``ocr/assets``. No engine here reads the files
    back, so none is returned as placed.

    Raises:
        UsageError: A program has another format, or ``opt`` fails.
    """
    for model in models:
        if PROGRAM not in paths_of(model):
            raise UsageError(
                f"{model.card.name}: Paddle-Lite reads {PROGRAM}, the format before Paddle 3.0, and these files of "
                f"{manifest_of(model).source} have none"
            )
    assert options.opt is not None  # noqa: S101  # for the type checker: the target needs it
    for model in models:
        _optimize(model, folder / model.card.name / "model", options.opt)
        if model.card.task == RECOGNITION:
            characters = inference_yml.read(model.files.folder)["PostProcess"].get("character_dict")
            if not isinstance(characters, list):
                raise UsageError(f"{model.card.name}: {inference_yml.FILE_NAME} has no character_dict")
            labels = folder / "labels" / f"{model.card.name}.txt"
            labels.parent.mkdir(exist_ok=True)
            labels.write_text("".join(f"{one}\n" for one in characters), encoding="utf-8", newline="\n")
    return []


def _optimize(model: Model, target: Path, opt: Path) -> None:
    """Let ``opt`` write ``<target>.nb``.

    Raises:
        UsageError: It cannot be started, fails, takes too long or writes nothing.
    """
    target.parent.mkdir()
    source = model.files.folder
    command = [
        str(opt),
        f"--model_file={source / PROGRAM}",
        f"--param_file={source / WEIGHTS}",
        f"--optimize_out={target}",
        "--optimize_out_type=naive_buffer",
        "--valid_targets=arm",
    ]
    what = f"{model.card.name}: {opt}"
    try:
        done = finished(command, TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"{what} was stopped after {TIMEOUT_S} seconds") from error
    except OSError as error:
        raise UsageError(f"{what} could not be started: {reason(error)}") from error
    if done.returncode or not target.with_suffix(".nb").is_file():
        said = (done.stderr.strip() or done.stdout.strip()).decode("utf-8", "replace")
        last = said.rpartition("\n")[2].strip()[:_LONGEST_OUTPUT]
        raise UsageError(f"{what} wrote no .nb file (exit code {done.returncode}): {last or 'it said nothing'}")
