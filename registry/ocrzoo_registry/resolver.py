"""The resolver: from a card to verified files in the store, whichever source has them.

It holds the policy: in which order sources are asked, which digest is believed, what happens offline,
and what the user is told when nothing helped.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from ocrzoo_registry import inference_config
from ocrzoo_registry.card_files import OfferedCard
from ocrzoo_registry.cards import RELATIVE_PATH, File, Format
from ocrzoo_registry.contracts import Listing, RemoteFile, Source, SourceSpec, load_attribute
from ocrzoo_registry.digests import receive
from ocrzoo_registry.errors import IntegrityError, OfflineError, SourceError, StoreError, UsageError
from ocrzoo_registry.manifest import Manifest, StoredFile
from ocrzoo_registry.model_files import is_complete
from ocrzoo_registry.nearest import did_you_mean
from ocrzoo_registry.offers import Offers
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store import MANIFEST_NAME, ModelFiles, Store

HUBS = ("huggingface", "aistudio", "modelscope", "bos")
"""Sources that cards name and this version does not speak to yet; asking for one is not an error."""

WRITTEN_FROM_CARD = "written from the model card"

MAX_FILE_BYTES = 4 << 30
"""No OCR model has a file of this size; a source that sends more without end is cut off."""

log = logging.getLogger("ocrzoo")


@dataclass(frozen=True)
class Attempt:
    """What one source answered."""

    source: str
    outcome: str
    corrupt: bool = False
    """Whether bytes came, and were the wrong ones."""


class Resolver:
    """Finds models in the store, and brings in those that are not there."""

    def __init__(self, settings: Settings, sources: Offers[SourceSpec], store: Store) -> None:
        self.store = store
        self._settings = settings
        self._specs = sources
        self._loaded: dict[str, Source] = {}
        self.on_fetch: Callable[[str], AbstractContextManager[object]] = lambda _what: nullcontext()
        """Entered while a model is being fetched; a command line shows progress through it."""

    def resolve(self, offered: OfferedCard, formats: Sequence[Format]) -> ModelFiles:
        """Return the model in the first of the formats that is here or can be had.

        Raises:
            SourceError: No source has it, or none can deliver it.
            OfflineError: It is not here, and the network is off limits.
            IntegrityError: What a source delivered has other bytes than promised.
            UsageError: ``PADDLE_PDX_MODEL_SOURCE`` names a source that nobody knows.
            StoreError: The store cannot be written.
        """
        name = offered.card.name
        published: list[Format] = [kind for kind in formats if kind in offered.card.artefacts]
        if not published:
            raise SourceError(
                f"{name}: published as {', '.join(offered.card.artefacts)}, but {', '.join(formats)} is needed"
            )
        order = self.source_names()
        if found := self._find(offered, published):
            return found
        attempts: list[Attempt] = []
        with self.store.lock(name):
            if found := self._find(offered, published):
                return found
            for file_format in published:
                if fetched := self._fetch(offered, file_format, order, attempts):
                    return fetched
        outdated = next(filter(None, (self.store.find(name, file_format) for file_format in published)), None)
        if outdated is None or any(attempt.corrupt for attempt in attempts):
            raise self._failure(offered, published, attempts)
        log.warning("%s has changed since it was fetched, and is used as it was: %s", name, _tell(attempts))
        return outdated

    def _find(self, offered: OfferedCard, formats: Sequence[Format]) -> ModelFiles | None:
        """Look into the store, for a model of the revision that its local source or card has now."""
        found = (self.store.find(offered.card.name, file_format) for file_format in formats)
        return next((files for files in found if files is not None and self._is_current(offered, files)), None)

    def _is_current(self, offered: OfferedCard, files: ModelFiles) -> bool:
        manifest = files.manifest
        if manifest is None:
            return True
        written = [file.digest_origin for file in manifest.files if file.digest_origin.startswith(WRITTEN_FROM_CARD)]
        if written and written != [_config_origin(offered)]:
            return False
        if manifest.source not in self._specs or self._specs.get(manifest.source).network:
            return True
        try:
            with _blamed_on_source():
                listing = self._source(manifest.source).list(offered, files.file_format)
        except (SourceError, IntegrityError):
            return True
        return listing is not None and listing.revision == manifest.revision

    def source_names(self) -> tuple[str, ...]:
        """Return the sources in the order in which they are asked.

        Raises:
            UsageError: ``PADDLE_PDX_MODEL_SOURCE`` names one that nobody knows, or that two plugins offer.
        """
        ranked = [spec.name for spec in sorted(self._specs, key=lambda spec: (spec.rank, spec.name))]
        known = {name.lower(): name for name in [*HUBS, *self._specs.conflicts, *ranked]}
        wanted: list[str] = []
        for name in self._settings.sources:
            if name.lower() not in known:
                raise UsageError(
                    f"PADDLE_PDX_MODEL_SOURCE: no source is called {name!r}{did_you_mean(name, known)}; "
                    f"there are {', '.join(ranked)}"
                )
            wanted.append(known[name.lower()])
            if wanted[-1] not in HUBS:
                self._specs.get(wanted[-1])
        exact = self._settings.sources_exact or len(wanted) > 1
        return tuple(wanted if exact else dict.fromkeys([*wanted, *ranked]))

    def _fetch(
        self, offered: OfferedCard, file_format: Format, order: Sequence[str], attempts: list[Attempt]
    ) -> ModelFiles | None:
        for name in order:
            if name not in self._specs:
                continue
            if self._settings.offline and self._specs.get(name).network:
                attempts.append(Attempt(name, "not asked, the network is off limits"))
                continue
            try:
                with _blamed_on_source():
                    listing = self._source(name).list(offered, file_format)
                if listing is not None:
                    with self.on_fetch(f"{offered.card.name} from {name}"):
                        return self._bring(offered, file_format, name, listing)
                attempts.append(Attempt(name, f"not there as {file_format}"))
            except StoreError:
                raise
            except (SourceError, IntegrityError) as error:
                attempts.append(Attempt(name, str(error), corrupt=isinstance(error, IntegrityError)))
                log.debug("%s from %s failed", offered.card.name, name, exc_info=True)
        attempts.extend(
            Attempt(hub, "this version cannot fetch from there")
            for hub in HUBS
            if hub not in self._specs and file_format in getattr(offered.card.sources, hub)
        )
        return None

    def _bring(self, offered: OfferedCard, file_format: Format, source: str, listing: Listing) -> ModelFiles:
        with _blamed_on_source():
            _check_listing(listing)
        pinned = {file.path: file for file in offered.card.artefacts[file_format].files}
        with self.store.staging() as stage:
            files = [
                _receive(self._chunks(source, listing, file), _with_pin(file, pinned.get(file.path)), stage)
                for file in listing.files
            ]
            paths = [file.path for file in files]
            if not is_complete(file_format, paths):
                raise SourceError(f"incomplete: {listing.revision} has only {', '.join(paths) or 'nothing'}")
            if inference_config.FILE_NAME in paths:
                inference_config.check_name(inference_config.read(stage), offered.card.name, listing.revision)
            else:
                files.append(_write_config(offered, stage))
            manifest = Manifest(
                name=offered.card.name,
                format=file_format,
                source=source,
                revision=str(listing.revision),
                files=tuple(files),
            )
            return self.store.publish(stage, manifest)

    def _chunks(self, source: str, listing: Listing, file: RemoteFile) -> Iterator[bytes]:
        """What the source sends; whatever goes wrong there is the source's fault, and not the disk's."""
        with _blamed_on_source(), self._source(source).open(listing, file) as chunks:
            for chunk in chunks:
                if not isinstance(chunk, bytes):
                    raise SourceError(f"sends {type(chunk).__name__} where bytes are due")
                yield chunk

    def _source(self, name: str) -> Source:
        if name not in self._loaded:
            self._loaded[name] = cast("Source", load_attribute(self._specs.get(name).factory)(self._settings))
        return self._loaded[name]

    def _failure(self, offered: OfferedCard, formats: Sequence[Format], attempts: Sequence[Attempt]) -> Exception:
        name = offered.card.name
        folders = " or ".join(str(self.store.folder(name, kind)) for kind in formats)
        tried = _tell(attempts)
        if any(attempt.corrupt for attempt in attempts):
            return IntegrityError(f"{name}: refused, the bytes are not those promised: {tried}")
        if self._settings.offline:
            return OfflineError(
                f"{name}: not in {folders}, and the network is off limits: {tried}; "
                f"unset OCRZOO_OFFLINE once, or put the model there or under OCRZOO_MODEL_PATH"
            )
        return SourceError(f"{name}: no source delivered it: {tried}; put it into a folder of OCRZOO_MODEL_PATH")


@contextmanager
def _blamed_on_source() -> Iterator[None]:
    """Turn whatever a source raises into a SourceError, so that the next source is asked."""
    try:
        yield
    except (SourceError, IntegrityError):
        raise
    except Exception as error:
        raise SourceError(f"{type(error).__name__}: {error}") from error


def _check_listing(listing: Listing) -> None:
    """Refuse paths that leave the model's folder, or that cannot all be files of one."""
    if not isinstance(listing, Listing):
        raise SourceError(f"lists a {type(listing).__name__} where a Listing is due")
    paths = [file.path for file in listing.files]
    for path in paths:
        if not re.fullmatch(RELATIVE_PATH, path) or path == MANIFEST_NAME:
            raise SourceError(f"lists a file under the path {path!r}, which is refused")
        if paths.count(path) > 1 or any(other.startswith(f"{path}/") for other in paths):
            raise SourceError(f"lists {path!r} more than once, or as a file and a folder")


def _with_pin(file: RemoteFile, pin: File | None) -> RemoteFile:
    """What the card pins outranks what the source states."""
    if pin is None:
        return file
    if pin.sha256 is not None:
        file = replace(file, sha256=pin.sha256, digest_origin=pin.digest_origin)
    return file if pin.size is None else replace(file, size=pin.size)


def _receive(chunks: Iterator[bytes], file: RemoteFile, stage: Path) -> StoredFile:
    limit = file.size if file.size is not None else MAX_FILE_BYTES
    size, sha256 = receive(chunks, stage / file.path, limit)
    if size > limit or (file.size is not None and size != file.size):
        raise IntegrityError(f"{file.path}: {size} bytes came instead of {limit}")
    if file.sha256 is not None and sha256 != file.sha256:
        raise IntegrityError(f"{file.path}: sha256 is {sha256}, not {file.sha256}")
    return StoredFile(path=file.path, size=size, sha256=sha256, digest_origin=file.digest_origin or "first seen")


def _tell(attempts: Sequence[Attempt]) -> str:
    """Say what came of the attempts, sources with the same outcome together."""
    by_outcome: dict[str, dict[str, None]] = {}
    for attempt in attempts:
        by_outcome.setdefault(attempt.outcome, {})[attempt.source] = None
    return "; ".join(f"{', '.join(sources)}: {outcome}" for outcome, sources in by_outcome.items())


def _config_origin(offered: OfferedCard) -> str:
    """What tells one ``inference.yml`` written from a card from another: a digest of all that goes into it."""
    card = offered.card
    charset = (offered.root / card.charset).read_bytes() if card.charset is not None else b""
    content = card.name.encode() + card.running.model_dump_json().encode() + charset
    return f"{WRITTEN_FROM_CARD}, state {hashlib.sha256(content).hexdigest()[:16]}"


def _write_config(offered: OfferedCard, stage: Path) -> StoredFile:
    content = inference_config.render(offered)
    (stage / inference_config.FILE_NAME).write_bytes(content)
    return StoredFile(
        path=inference_config.FILE_NAME,
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        digest_origin=_config_origin(offered),
    )
