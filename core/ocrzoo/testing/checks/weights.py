"""Checks of where the weights come from, and of their bytes."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

from ocrzoo.testing.findings import Finding
from ocrzoo.testing.subjects import ModelSubject
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.formats import CONFIG, is_complete, model_files
from ocrzoo_registry.cards.schema import Artifact
from ocrzoo_registry.cards.weights import weights_fault
from ocrzoo_registry.download.request import DownloadRequest, check_listing
from ocrzoo_registry.download.verify import TRUST_ON_FIRST_USE
from ocrzoo_registry.errors import OcrzooError, TooSlow, Unreachable
from ocrzoo_registry.plugins.specs import SourceSpec
from ocrzoo_registry.sources.base import Explaining, Listing


def sources(subject: ModelSubject) -> Iterator[Finding]:
    """Sources that lack a file of the card, or have another one."""
    for key, text in subject.warnings:
        if key == "sources" or key.startswith("sources."):
            yield Finding("error" if "has no" in text else "warning", text, key, "name a source that has the weights")
    not_asked: list[str] = []
    for spec in subject.zoo.sources:
        references = subject.card.sources.get(spec.key, {})
        if not references:
            continue
        if not subject.asks(spec) or spec.listing_downloads:
            if spec.name == spec.key:  # not pip, which downloads what the source "wheel" then lists
                not_asked.append(spec.name)
            continue
        try:
            for file_format in references:
                yield from _source(subject, spec, file_format)
        except (Unreachable, TooSlow) as error:
            not_asked.append(f"{spec.name} ({error})")
    if not_asked:
        yield Finding("skipped", f"not asked, or silent: {', '.join(not_asked)}", "sources", "run it where they answer")


def _source(subject: ModelSubject, spec: SourceSpec, file_format: Format) -> Iterator[Finding]:
    """What one source lacks of one format.

    Raises:
        SourceError: It does not answer.
    """
    where = f"sources.{spec.key}.{file_format}"
    card, order = subject.card, subject.zoo.source_order
    try:
        listing = order.list(spec.name, DownloadRequest(card, [file_format]), Event())
        if listing is not None:
            check_listing(listing)
    except (Unreachable, TooSlow):
        raise
    except OcrzooError as error:
        yield Finding("error", str(error), where, "correct the reference, or make the files available there")
        return
    if listing is not None and not listing.archive:
        yield from _differences(listing, file_format, card.artifacts[file_format], where)
    elif listing is None and (spec.network or spec.mutable):
        source = order.load(spec.name)
        why = source.why_absent(card, file_format) if isinstance(source, Explaining) else ""
        yield Finding("error", why or f"{spec.name} does not have the model", where, "put the files there")
    elif listing is None:
        yield Finding("skipped", f"{spec.name} has no local copy", where, "install what the card names there")


def _differences(listing: Listing, file_format: Format, artifact: Artifact, where: str) -> Iterator[Finding]:
    """Files of the card that are not listed, or listed with another size or digest.

    The configuration, which is written from the card, and one of two alternative sets of files need not be listed.
    """
    listed = {file.path: file for file in listing.files}
    dispensable = {CONFIG, *(model_files(file_format) if is_complete(file_format, listed) else ())}
    for file in artifact.files:
        found = listed.get(file.path)
        if found is None:
            if file.path not in dispensable:
                yield Finding("error", f"{file.path} is not there", where, "put it there, or take it from the card")
        elif file.size is not None and found.size not in {None, file.size}:
            message = f"{file.path} has {found.size} bytes there, and {file.size} by the card"
            yield Finding("error", message, where, "correct the size in the card, or the file")
        elif file.sha256 is not None and found.sha256 not in {None, file.sha256}:
            yield Finding("error", f"{file.path} has another digest there", where, "correct the card, or the file")


def weights(subject: ModelSubject) -> Iterator[Finding]:
    """Formats whose files are not there, are not the stated ones, or cannot be weights."""
    for file_format, error in subject.weights.failed.items():
        where = f"artifacts.{file_format}"
        if subject.is_missing_here(file_format, error):
            step = "run it online; what the network computes is not checked without the files"
            yield Finding("skipped", f"its files are not on this machine: {error}", where, step)
        else:
            yield Finding("error", str(error), where, "correct the files, or what the card says of them")
    for file_format, files in subject.weights.stored.items():
        where = f"artifacts.{file_format}"
        if fault := weights_fault(files.folder, file_format):
            yield Finding("error", fault, where, "put the whole file there")
        for file in files.manifest.files if files.manifest is not None and subject.is_third_party else ():
            if file.digest_origin == TRUST_ON_FIRST_USE:
                step = "add size, sha256 and digest_origin: a changed or damaged file is then noticed"
                yield Finding("warning", f"{file.path} has no digest", where, step)
