"""``ocrzoo lock``: pin models by SHA-256, or list what they consist of for other programs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from ocrzoo.cli.commands.pull import report_errors, requests_of
from ocrzoo.cli.model_options import ModelChoice, which_models
from ocrzoo.cli.output import debug_option, one_line, print_message
from ocrzoo.cli.progress import download_events
from ocrzoo_registry.errors import ExitCode, UsageError
from ocrzoo_registry.files import os_errors_as, write_atomically
from ocrzoo_registry.store import LOCK_FILE

if TYPE_CHECKING:
    from ocrzoo_registry.bill_of_materials import Material
    from ocrzoo_registry.download.batch import DownloadResult
    from ocrzoo_registry.store.manifest import Manifest
    from ocrzoo_registry.zoo import Zoo

CYCLONEDX = "cyclonedx"
BILL_FILE = "ocrzoo.cdx.json"


@click.command()
@which_models(others={CYCLONEDX: "write a bill of materials instead of a lock file"})
@click.option("--output", metavar="FILE", type=click.Path(path_type=Path), help=f"[{LOCK_FILE} or {BILL_FILE}]")
@debug_option
def lock(choice: ModelChoice, output: Path | None) -> int:
    """Write ocrzoo.lock: pin models by SHA-256.

    'ocrzoo models pull --locked' then downloads exactly these files elsewhere. Models that are not stored are
    downloaded first. Without a name, the models of the OCR pipeline are pinned.

    With --format cyclonedx, the models' files, digests, licenses and figures are written in CycloneDX 1.6: of the
    models named, or else of those that ocrzoo.lock pins. Needs the extra ocrzoo[sbom].
    """
    describes = CYCLONEDX in choice.formats
    choice = replace(choice, formats=tuple(one for one in choice.formats if one != CYCLONEDX))
    target = output or Path(BILL_FILE if describes else LOCK_FILE)
    if target.exists() != target.is_file() or not target.parent.is_dir() or not target.name:
        what = "a bill of materials" if describes else "a lock file"
        raise UsageError(f"{target} cannot be {what}: name a file in an existing folder")
    zoo = choice.zoo(download_events())
    locked = Path(LOCK_FILE)
    if describes and not choice.has_models and not choice.formats and locked.exists():
        from ocrzoo_registry.store import lockfile

        return _write_bill(zoo, target, lockfile.read(locked), locked.stat().st_mtime)
    results = _downloaded(zoo, choice if choice.has_models else replace(choice, pipeline="OCR"))
    if any(one.error for one in results):
        return report_errors(results)
    manifests = [cast("Manifest", one.files.manifest) for one in results if one.files is not None]
    return _write_bill(zoo, target, manifests) if describes else _write_lock(target, manifests)


def _downloaded(zoo: Zoo, choice: ModelChoice) -> list[DownloadResult]:
    from ocrzoo_registry.download.batch import get_all
    from ocrzoo_registry.store.manifest import TRUSTED

    results = get_all(zoo.resolver, requests_of(zoo, choice))
    for one in results:
        if one.files is not None and one.files.manifest is not None and one.files.manifest.source == TRUSTED:
            print_message("warning", f"{one.request.name} is pinned as it is stored; it was never verified")
    return results


def _write_lock(target: Path, manifests: Sequence[Manifest]) -> int:
    from ocrzoo_registry.store import lockfile

    with os_errors_as(UsageError, f"{target} could not be written"):
        lockfile.write(target, manifests)
    return _told(target, manifests)


def _write_bill(zoo: Zoo, target: Path, manifests: Sequence[Manifest], locked_at: float | None = None) -> int:
    from ocrzoo_registry import bill_of_materials

    content = bill_of_materials.write([_material(zoo, one) for one in manifests], _time(locked_at))
    with os_errors_as(UsageError, f"{target} could not be written"):
        write_atomically(target, content)
    return _told(target, manifests)


def _material(zoo: Zoo, manifest: Manifest) -> Material:
    from ocrzoo_registry.bill_of_materials import Material

    if manifest.name not in zoo.models:
        print_message(
            "warning", f"{manifest.name}: no plugin here has its card, so its license and figures are missing"
        )
        return Material(manifest)
    origin = zoo.models.origin(manifest.name)
    supplier = origin.distribution if zoo.plugins.has(origin) else None
    return Material(manifest, zoo.models.get(manifest.name), supplier)


def _time(locked_at: float | None) -> datetime | None:
    """The time that the document states: ``SOURCE_DATE_EPOCH``, or else that of the lock file.

    Raises:
        UsageError: ``SOURCE_DATE_EPOCH`` is not a number of seconds.
    """
    stated = os.environ.get("SOURCE_DATE_EPOCH", "").strip()
    try:
        seconds = int(stated) if stated else locked_at
        return None if seconds is None else datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise UsageError(f"SOURCE_DATE_EPOCH={stated!r}: a number of seconds since 1970 is needed") from error


def _told(target: Path, manifests: Sequence[Manifest]) -> int:
    count = sum(len(manifest.files) for manifest in manifests)
    click.echo(one_line(f"{target}: models {len(manifests)}, files {count}"))
    return ExitCode.DONE
