"""The report: what the error says when no source helped, and which next step it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.download.report import any_corrupt, describe, failure
from ocrzoo_registry.errors import (
    Attempt,
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
    command: str = "",
) -> OcrzooError:
    error = failure(NAME, folders, faults or {}, attempts, offline=offline, command=command)
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


def test_sources_with_the_same_answer_are_grouped() -> None:
    attempts = [
        Attempt("wheel", "has no onnx files", "missing"),
        Attempt("hub", "HTTP 503", "unreachable"),
        Attempt("directory", "has no onnx files", "missing"),
        Attempt("wheel", "has no onnx files", "missing"),
    ]
    assert describe(attempts) == "wheel, directory: has no onnx files; hub: unreachable (HTTP 503)"


ADVICE = {
    "refused": "A token may be needed",
    "unreachable": "HTTPS_PROXY",
    "busy": "Try again later",
    "too slow": "Run the command again to resume",
}


@pytest.mark.parametrize("outcome", ["refused", "unreachable", "busy", "too slow", "absent", "missing", "failed"])
def test_the_next_step_fits_the_failure(outcome: str) -> None:
    error = told(Attempt("hub", "said so", outcome))
    assert type(error) is (NotOffered if outcome == "missing" else SourceError)
    for kind, advice in ADVICE.items():
        assert (advice in str(error)) == (kind == outcome)
    assert str(error).startswith(f"{NAME} (onnx) could not be downloaded: hub: ")
    assert ("Put a copy in a folder of OCRZOO_MODEL_PATH." in str(error)) == (outcome not in ADVICE)


def test_without_a_network_one_short_line_says_so() -> None:
    attempts = [Attempt(hub, f"{hub}: no route", "unreachable") for hub in ("one", "two", "three")]
    attempts.append(Attempt("wheel", "has no onnx files", "missing"))
    both: dict[Format, Path] = {"paddle": Path("/a"), "onnx": Path("/b")}
    error = told(*attempts, *attempts, folders=both)
    assert str(error) == (
        f"{NAME} could not be downloaded: no network (3 sources tried). Check the network or HTTPS_PROXY "
        "('ocrzoo sources check'), or put a copy in a folder of OCRZOO_MODEL_PATH."
    )


def test_a_reason_that_all_hubs_share_is_named() -> None:
    attempts = [Attempt(hub, "proxy 127.0.0.1:9: Connection refused", "unreachable") for hub in ("one", "two")]
    message = str(told(*attempts, Attempt("wheel", "has no onnx files", "missing")))
    assert "could not be downloaded: proxy 127.0.0.1:9: Connection refused (2 sources tried). Check the " in message


def test_different_failures_are_grouped_by_outcome() -> None:
    error = told(
        Attempt("one", "HTTP 403", "refused"), Attempt("two", "503", "busy"), Attempt("three", "no", "refused")
    )
    assert "two busy; one: refused (HTTP 403); three: refused (no) (3 sources tried). A token" in str(error)
    assert str(told(*[Attempt(one, "not there", "missing") for one in "ab"])).startswith(
        f"{NAME} (onnx) could not be downloaded: no source has it (2 sources tried). Put a copy"
    )


def test_the_details_of_each_source_are_logged_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="ocrzoo")
    attempts = [Attempt("one", "HTTP 403", "refused"), Attempt("two", "503", "busy")]
    assert list(told(*attempts).attempts) == attempts
    assert f"{NAME} from one: refused: HTTP 403" in caplog.text
    assert f"{NAME} from two: busy: 503" in caplog.text


def test_a_model_missing_in_a_mirror_can_be_added_there() -> None:
    advice = f"Add it to the mirror with 'ocrzoo mirror build DIR {NAME}'"
    assert advice in str(told(Attempt("mirror", "has no onnx files", "missing")))
    assert advice not in str(told(Attempt("mirror", "HTTP 503", "busy")))


def test_unexpected_bytes_outweigh_everything_else() -> None:
    attempts = [Attempt("one", "HTTP 503", "unreachable"), Attempt("two", "sha256 is a, not b", "corrupt")]
    assert any_corrupt(attempts)
    assert not any_corrupt(attempts[:1])
    for offline in (False, True):
        error = told(*attempts, offline=offline)
        assert type(error) is IntegrityError
        assert "two: sha256 is a, not b" in str(error)


def test_offline_the_error_names_the_command_and_the_variable() -> None:
    error = told(Attempt("hub", "not asked", "offline"), offline=True)
    assert type(error) is OfflineError
    assert str(error) == (
        f"{NAME} (onnx) is not cached and offline mode is on. "
        f"Run 'OCRZOO_OFFLINE=0 ocrzoo models pull {NAME} --format onnx', or add its folder to OCRZOO_MODEL_PATH."
    )


def test_offline_the_failure_of_a_local_source_is_named() -> None:
    error = told(Attempt("hub", "not asked", "offline"), Attempt("wheel", "cannot be read"), offline=True)
    assert "is not cached (wheel: cannot be read) and offline mode is on" in str(error)


@pytest.mark.parametrize("offline", [False, True])
def test_a_complete_model_is_not_called_broken(offline: bool) -> None:
    complete: dict[Path, str | None] = {FOLDERS["onnx"]: None}
    message = str(told(Attempt("hub", "no", "unreachable"), faults=complete, offline=offline))
    assert message.endswith(" /models/seaside_det_onnx is unchanged.")
    assert "not cached" not in message
    assert ("'OCRZOO_OFFLINE=0 ocrzoo models pull seaside_det --format onnx --update'" in message) == offline


def test_the_command_that_requested_the_files_is_repeated() -> None:
    command = "ocrzoo models pull --locked seaside_det"
    assert f"Run 'OCRZOO_OFFLINE=0 {command}'" in str(told(offline=True, command=command))


def test_refused_files_come_with_a_next_step() -> None:
    corrupt = Attempt("hub", "sha256 is a, not b", "corrupt")
    assert str(told(corrupt)).endswith(" Try again later, or another source with --source.")
    step = f" Run 'ocrzoo models pull {NAME} --format onnx --update' to use what is served now."
    assert str(told(corrupt, command="ocrzoo models repair")).endswith(step)
    assert str(told(Attempt("bundle", "sha256 is a, not b", "corrupt"))).endswith(" Copy the bundle again.")
    mirror = str(told(Attempt("mirror", "sha256 is a, not b", "corrupt")))
    assert " Repair the mirror with 'ocrzoo mirror build DIR --deep', or " in mirror


def test_no_format_is_suggested_where_several_would_do() -> None:
    both: dict[Format, Path] = {"paddle": Path("/a"), "onnx": Path("/b")}
    message = str(told(offline=True, folders=both))
    assert message.startswith(f"{NAME} is not cached")
    assert "--format" not in message


def test_offline_an_unverified_folder_can_be_accepted(tmp_path: Path) -> None:
    paddle, onnx = tmp_path / NAME, tmp_path / f"{NAME}_onnx"
    onnx.mkdir()
    message = str(told(offline=True, folders={"paddle": paddle, "onnx": onnx}))
    assert f"accept it unverified with 'ocrzoo models pull {NAME} --trust'" in message
    assert "--trust" in str(told(offline=True, folders={"onnx": onnx}))


def test_offline_a_broken_verified_folder_cannot_be_accepted(tmp_path: Path) -> None:
    (tmp_path / "ocrzoo.json").write_text("{}")
    message = str(told(offline=True, folders={"onnx": tmp_path}, faults={tmp_path: "lacks inference.onnx"}))
    assert "--trust" not in message
    assert f"is not usable ({tmp_path} lacks inference.onnx) and offline mode is on" in message
    assert "--trust" not in str(told(offline=False, folders={"onnx": tmp_path}))
