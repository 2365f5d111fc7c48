"""Attempts: how it is told that no source helped, and what the user is advised to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocrzoo_registry.cards.schema import Format
from ocrzoo_registry.download.report import Attempt, any_corrupt, failure, tell
from ocrzoo_registry.errors import (
    Busy,
    IntegrityError,
    NotOffered,
    OcrzooError,
    OfflineError,
    Refused,
    SourceError,
    StoreError,
    TooSlow,
    Unreachable,
)
from ocrzoo_registry.network.http import Gone

NAME = "seaside_det"
FOLDERS: dict[Format, Path] = {"onnx": Path("/models/seaside_det_onnx")}


def told(
    *attempts: Attempt,
    folders: dict[Format, Path] = FOLDERS,
    faults: dict[Path, str | None] | None = None,
    offline: bool = False,
    again: str = "",
) -> OcrzooError:
    error = failure(NAME, folders, faults or {}, attempts, offline=offline, again=again)
    assert "\n" not in str(error)
    return error


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (SourceError("odd"), "failed"),
        (Unreachable("down"), "unreachable"),
        (Busy("503"), "busy"),
        (TooSlow("slow"), "too slow"),
        (Refused("no"), "refused"),
        (Gone("404"), "absent"),
        (StoreError("full"), "disk"),
        (IntegrityError("torn"), "corrupt"),
    ],
)
def test_every_failure_has_an_outcome(error: SourceError | IntegrityError, outcome: str) -> None:
    assert Attempt.failed("hub", error) == Attempt("hub", str(error), outcome)


def test_sources_with_the_same_answer_are_told_together() -> None:
    attempts = [
        Attempt("wheel", "not there as onnx", "missing"),
        Attempt("hub", "HTTP 503", "unreachable"),
        Attempt("directory", "not there as onnx", "missing"),
        Attempt("wheel", "not there as onnx", "missing"),
    ]
    assert tell(attempts) == "wheel, directory: not there as onnx; hub: unreachable (HTTP 503)"


ADVICE = {
    "refused": "a token may be needed",
    "unreachable": "HTTPS_PROXY",
    "busy": "try again later",
    "too slow": "run it again",
}


@pytest.mark.parametrize("outcome", ["refused", "unreachable", "busy", "too slow", "absent", "missing", "failed"])
def test_the_advice_fits_what_happened(outcome: str) -> None:
    error = told(Attempt("hub", "said so", outcome))
    assert type(error) is (NotOffered if outcome == "missing" else SourceError)
    for kind, advice in ADVICE.items():
        assert (advice in str(error)) == (kind == outcome)
    assert str(error).startswith(f"{NAME}: no source delivered it: hub: ")
    assert str(error).endswith("a copy of it in a folder of OCRZOO_MODEL_PATH will do")


def test_what_a_mirror_lacks_can_be_added_where_it_is_made() -> None:
    advice = f"'ocrzoo mirror build DIR {NAME}' adds it"
    assert advice in str(told(Attempt("mirror", "not there as onnx", "missing")))
    assert advice not in str(told(Attempt("mirror", "HTTP 503", "busy")))


def test_wrong_bytes_outweigh_everything_else() -> None:
    attempts = [Attempt("one", "HTTP 503", "unreachable"), Attempt("two", "sha256 is a, not b", "corrupt")]
    assert any_corrupt(attempts)
    assert not any_corrupt(attempts[:1])
    for offline in (False, True):
        error = told(*attempts, offline=offline)
        assert type(error) is IntegrityError
        assert "two: sha256 is a, not b" in str(error)


def test_offline_it_is_told_where_the_model_should_lie_and_how_it_gets_there() -> None:
    error = told(Attempt("hub", "not asked", "offline"), offline=True)
    assert type(error) is OfflineError
    assert str(error) == (
        f"{NAME}: not whole in /models/seaside_det_onnx, and the network is off limits: hub: not asked; "
        f"bring it with 'OCRZOO_OFFLINE=0 ocrzoo models pull {NAME} --format onnx', or put it under OCRZOO_MODEL_PATH"
    )


@pytest.mark.parametrize("offline", [False, True])
def test_what_lies_there_whole_is_not_called_broken(offline: bool) -> None:
    whole: dict[Path, str | None] = {FOLDERS["onnx"]: None}
    message = str(told(Attempt("hub", "no", "unreachable"), faults=whole, offline=offline))
    assert "/models/seaside_det_onnx stays as it is" in message
    assert "not whole" not in message
    assert ("'OCRZOO_OFFLINE=0 ocrzoo models pull seaside_det --format onnx --update'" in message) == offline


def test_the_command_that_asked_for_certain_bytes_is_the_one_that_brings_them() -> None:
    again = "ocrzoo models pull --locked seaside_det"
    assert f"bring it with 'OCRZOO_OFFLINE=0 {again}'" in str(told(offline=True, again=again))


def test_refused_bytes_come_with_a_way_on() -> None:
    corrupt = Attempt("hub", "sha256 is a, not b", "corrupt")
    assert str(told(corrupt)).endswith("; try again later, or ask another source with --source")
    way_on = f"'ocrzoo models pull {NAME} --format onnx --update' takes what is served now"
    assert str(told(corrupt, again="ocrzoo models repair")).endswith(f"; {way_on}")


def test_of_several_formats_none_is_pressed_on_the_user() -> None:
    both: dict[Format, Path] = {"paddle": Path("/a"), "onnx": Path("/b")}
    message = str(told(offline=True, folders=both))
    assert "not whole in /a or /b" in message
    assert "--format" not in message


def test_offline_a_folder_that_lies_there_unverified_can_be_trusted(tmp_path: Path) -> None:
    paddle, onnx = tmp_path / NAME, tmp_path / f"{NAME}_onnx"
    onnx.mkdir()
    message = str(told(offline=True, folders={"paddle": paddle, "onnx": onnx}))
    assert f"take it as it is with 'ocrzoo models pull {NAME} --trust'" in message
    assert "--trust" in str(told(offline=True, folders={"onnx": onnx}))


def test_offline_a_verified_folder_that_broke_is_not_to_be_trusted(tmp_path: Path) -> None:
    (tmp_path / "ocrzoo.json").write_text("{}")
    message = str(told(offline=True, folders={"onnx": tmp_path}, faults={tmp_path: "lacks inference.onnx"}))
    assert "--trust" not in message
    assert f"{tmp_path} lacks inference.onnx" in message
    assert "--trust" not in str(told(offline=False, folders={"onnx": tmp_path}))
