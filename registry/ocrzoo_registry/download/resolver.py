"""The resolver: from a download request to verified files in the store.

It holds the policy: in which order sources are asked, which digest is believed, what offline mode allows, and what
happens when a source fails.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ocrzoo_registry.download.events import DownloadEvents
from ocrzoo_registry.download.source_order import SourceOrder
from ocrzoo_registry.errors import Attempt, IntegrityError, SourceError, StoreError
from ocrzoo_registry.sources.base import Explaining, Listing, Source, Versioned
from ocrzoo_registry.store.store import ModelFiles, Store

if TYPE_CHECKING:
    from ocrzoo_registry.download.install import Installer
    from ocrzoo_registry.download.request import DownloadRequest

    Step = Callable[[str, Source, Listing], ModelFiles | None]
    """What is done with the name, source and listing of a model."""

log = logging.getLogger("ocrzoo")


class Resolver:
    """Finds models in the store, and downloads those that are missing."""

    def __init__(self, sources: SourceOrder, store: Store, events: DownloadEvents | None = None) -> None:
        self.sources = sources
        self.store = store
        self.events = events or DownloadEvents()

    def get(self, request: DownloadRequest) -> ModelFiles:
        """Return the requested model, in the first of its formats that is stored or can be downloaded.

        Raises:
            SourceError: It is not stored, and no source has it or can deliver it.
            OfflineError: It is not stored, and offline mode is on.
            IntegrityError: A source delivered other bytes than expected.
            UsageError: ``PADDLE_PDX_MODEL_SOURCE`` names an unknown source.
            StoreError: The store cannot be written.
        """
        request = request.published()
        names = self.sources.names_for(request.card)
        if request.refresh:
            request, names = self._stored_format(request), tuple(self.sources.that_update(names))
        elif not request.accept_unverified and (found := self._find(request)):
            return found
        attempts: list[Attempt] = []
        waiting = f"waiting for another process that is downloading {request.name}"
        with self.store.lock(request.name, lambda: self.events.message(waiting), self.events.cancelled):
            if found := self._register_unverified(request, names) or self._find(request):
                return found
            for file_format in request.formats:
                if downloaded := self._download(request.only(file_format), names, attempts):
                    return downloaded
        return self._outdated_or_failure(request, attempts)

    def listed(self, name: str, request: DownloadRequest) -> Listing | Attempt | None:
        """Return what a source lists of a model in a format, ``None`` if it has none, or why it does not say.

        Raises:
            Cancelled: The user interrupted it.
        """
        from ocrzoo_registry.download.request import check_listing
        from ocrzoo_registry.download.transfer import Cancelled, blamed_on_source

        if self.sources.is_offline(name):
            return Attempt(name, "offline mode is on", "offline")
        if self.sources.is_silent(name):
            return Attempt(name, "did not answer a moment ago", "unreachable")
        try:
            listing = self.sources.list(name, request, self.events.cancelled)
            if listing is not None:
                with blamed_on_source():
                    check_listing(listing)
        except Cancelled:
            raise
        except (SourceError, IntegrityError) as error:
            attempt = Attempt.failed(name, error)
            if attempt.is_silence:
                self.sources.note_silence(name)
            return attempt
        return listing

    def _stored_format(self, request: DownloadRequest) -> DownloadRequest:
        """Return a request to refresh for the first format that is stored, if any."""
        stored = (kind for kind in request.formats if self.store.find(request.name, kind))
        first = next(stored, None)
        return request if first is None else request.only(first)

    def _find(self, request: DownloadRequest) -> ModelFiles | None:
        """Return the stored model if it is current; never when refreshing."""
        for file_format in () if request.refresh else request.formats:
            files = self.store.find(request.name, file_format)
            if files is not None and self._is_current(request.only(file_format), files):
                return files
        return None

    def _is_current(self, request: DownloadRequest, files: ModelFiles) -> bool:
        """Whether a stored model is the expected one, or else agrees with its card and its local source."""
        manifest = files.manifest
        if manifest is None:
            return True
        if manifest.address != request.address:  # of a plugin that took the name
            return False
        if request.expected is not None:
            return not request.differing(manifest)
        card = request.card
        if not manifest.is_for(card):
            return False
        written = [file.digest_origin for file in manifest.files if file.written_from_card]
        if written:
            from ocrzoo_registry.cards import inference_yml

            if written != [inference_yml.origin(card)]:
                return False
        if manifest.differing(card.artifacts[files.file_format].files, common_only=True):
            return False
        if not self.sources.is_mutable(manifest.source):
            return True
        try:
            listing = self.sources.list(manifest.source, request, self.events.cancelled)
        except (SourceError, IntegrityError):
            return True
        return listing is None or listing.revision == manifest.revision

    def _register_unverified(self, request: DownloadRequest, names: Sequence[str]) -> ModelFiles | None:
        """Register a folder of unknown origin where the request accepts one; a source that verifies it comes first."""
        from ocrzoo_registry.download.install import Installer

        for file_format in request.formats if request.accept_unverified else ():
            installer = Installer(self.store, self.events, request.only(file_format))
            if not self.store.is_unverified(installer.folder):
                continue
            if files := self._ask(installer.register, installer.request, self.sources.that_compare(names), []):
                return files
            if files := installer.register_unverified():
                log.warning("%s: %s is used unverified", files.name, files.folder)
                return files
        return None

    def _download(self, request: DownloadRequest, names: Sequence[str], attempts: list[Attempt]) -> ModelFiles | None:
        """Install a model from the first source that delivers it; a folder of unknown origin is verified first."""
        from ocrzoo_registry.download.install import Installer

        kept = partial(self.sources.copies, self.sources.names())
        installer = Installer(self.store, self.events, request, kept, self.sources.is_mutable)
        if files := installer.register_expected():
            return files
        if self.store.is_unverified(installer.folder) and (
            files := self._ask(installer.register, request, self.sources.that_compare(names), [])
        ):
            return files
        if files := self._ask(installer.install, request, names, attempts):
            return files
        return self._download_latest(installer, attempts)

    def _download_latest(self, installer: Installer, attempts: list[Attempt]) -> ModelFiles | None:
        """Where a hub has removed the expected revision, look for the expected files in its latest one."""
        expected = installer.request.expected
        if expected is None or not expected.has_commit:
            return None
        for lost in [one for one in attempts if (one.source, one.outcome) == (expected.source, "missing")]:
            if not isinstance(self.sources.load(lost.source), Versioned):
                break
            attempts[attempts.index(lost)] = replace(lost, message=f"{lost.message} at {expected.revision}")
            return self._ask(installer.install, installer.request, [lost.source], attempts, latest=True)
        return None

    def _ask(
        self,
        step: Step,
        request: DownloadRequest,
        names: Sequence[str],
        attempts: list[Attempt],
        *,
        latest: bool = False,
    ) -> ModelFiles | None:
        """Take a step with each source in turn until one succeeds; notes the failures."""
        for name in self.sources.responsive_first(names):
            if self.events.cancelled.is_set():
                break
            if self.sources.is_offline(name):
                attempts.append(Attempt(name, "not asked, offline mode is on", "offline"))
                continue
            try:
                if files := self._ask_one(step, request, name, latest=latest):
                    return files
                attempts.append(self._absent(name, request))
            except StoreError:
                raise
            except (SourceError, IntegrityError) as error:
                log.debug("%s (%s) from %s failed: %s", request.name, request.file_format, name, error, exc_info=True)
                if self.sources.specs.get(name).keeps_copies:
                    attempts.append(Attempt(name, str(error), "missing", explained=True))
                    continue
                attempts.append(Attempt.failed(name, error))
                self._report_failure(request.name, attempts[-1])
        return None

    def _absent(self, name: str, request: DownloadRequest) -> Attempt:
        """Note that a source does not have the model, and where it looked if it says so."""
        source = self.sources.load(name)
        said = source.why_absent(request.card, request.file_format) if isinstance(source, Explaining) else ""
        return Attempt(name, said or f"has no {request.file_format} files", "missing", explained=bool(said))

    def _ask_one(self, step: Step, request: DownloadRequest, name: str, *, latest: bool) -> ModelFiles | None:
        """Take a step with one source; where its files changed meanwhile, they are listed once more."""
        listing = self.sources.list(name, request, self.events.cancelled, latest=latest)
        if listing is None:
            return None
        try:
            return step(name, self.sources.load(name), listing)
        except IntegrityError:
            changed = self.sources.list(name, request, self.events.cancelled, latest=latest)
            if changed is None or changed.revision == listing.revision:
                raise
            return step(name, self.sources.load(name), changed)

    def _report_failure(self, model: str, attempt: Attempt) -> None:
        """Report a failure; of a source that does not respond only the first one."""
        from ocrzoo_registry.download.report import describe

        if not attempt.is_silence:
            self.events.message(f"{model}: {describe([attempt])}")
        elif not self.sources.is_silent(attempt.source):
            self.events.message(describe([attempt]))
            self.sources.note_silence(attempt.source)

    def _outdated_or_failure(self, request: DownloadRequest, attempts: Sequence[Attempt]) -> ModelFiles:
        """Return the stored model if it could only not be updated; also where a local folder no longer fits the card.

        Raises:
            SourceError: There is none.
            IntegrityError: Or a source delivered other bytes than expected.
        """
        from ocrzoo_registry.download.report import any_corrupt, describe, failure

        corrupt = any_corrupt(attempts)
        is_local = all(self.sources.is_mutable(one.source) for one in attempts if one.outcome == "corrupt")
        if not request.refresh and request.expected is None and is_local:
            stored = (self.store.find(request.name, file_format) for file_format in request.formats)
            if outdated := next((one for one in stored if one and _is_usable(one, request, as_stated=corrupt)), None):
                if corrupt:
                    said = describe([one for one in attempts if one.outcome == "corrupt"])
                    step = "correct the card or the files; the stored ones are used until then"
                    log.warning("%s is not what its card says: %s: %s", outdated.name, said, step)
                else:
                    log.warning("%s is outdated and could not be updated: %s", outdated.name, describe(attempts))
                return outdated
        folders = {file_format: self.store.folder(request.name, file_format) for file_format in request.formats}
        present = [folder for folder in folders.values() if folder.is_dir()]
        faults = {folder: self.store.fault(folder) for folder in present}
        offline = self.sources.settings.offline
        raise failure(
            request.name,
            folders,
            faults,
            attempts,
            offline=offline,
            command=request.command,
            online_sources=self._may_have_online(request, attempts),
        )

    def _may_have_online(self, request: DownloadRequest, attempts: Sequence[Attempt]) -> bool:
        """Whether a source that offline mode excludes may have the model: its card names it, or need not."""
        if not request.card.sources:
            return True
        specs = (self.sources.specs.get(one.source) for one in attempts if one.outcome == "offline")
        return any(spec.discoverable or request.card.sources.get(spec.key) for spec in specs)


def _is_usable(files: ModelFiles, request: DownloadRequest, *, as_stated: bool) -> bool:
    """Whether a stored model that is outdated may be used all the same; ``as_stated``: if the card states its files."""
    if files.manifest is None:
        return not as_stated
    pinned = request.card.artifacts[files.file_format].files
    agrees = not as_stated or not files.manifest.differing(pinned, common_only=True)
    return agrees and files.manifest.is_for(request.card)
