"""``ocrzoo bundle``: models in one file, for machines without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.commands.pull import report_errors, resume_hint, show_results
from ocrzoo.cli.model_options import ModelChoice, all_models_option, which_models
from ocrzoo.cli.output import debug_option, one_line, print_json, print_message
from ocrzoo.cli.progress import download_events, format_size, packing_progress
from ocrzoo.cli.values import MODEL
from ocrzoo_registry.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocrzoo_registry.cards.schema import ModelCard
    from ocrzoo_registry.download.batch import DownloadResult
    from ocrzoo_registry.index.bundle_writer import Packing
    from ocrzoo_registry.index.schema import IndexedModel
    from ocrzoo_registry.mirror.plan import RequestedModel
    from ocrzoo_registry.store.store import ModelFiles
    from ocrzoo_registry.zoo import Zoo

PATH = click.Path(path_type=Path)


@click.group()
def bundle() -> None:
    """Export and import models in one file, for machines without a network."""


@bundle.command("export")
@click.argument("target", metavar="FILE.tar", type=PATH)
@which_models("onnx and paddle, if available")
@all_models_option
@click.option("--mirror", metavar="DIR", type=PATH, help="Export this mirror, with its signature, instead of models.")
@click.option("--sign_key", metavar="PRIVATE.pem", type=PATH, help="Sign the bundle with this key.")
@click.option("--force", is_flag=True, help="Overwrite an existing file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def export_bundle(
    target: Path,
    choice: ModelChoice,
    mirror: Path | None,
    sign_key: Path | None,
    force: bool,
    as_json: bool,
) -> int:
    """Pack models into a file for 'ocrzoo bundle import'; the digest of every file is checked.

    Models that are not in the store are downloaded first. A model that fails is reported, and the others are packed.
    """
    from ocrzoo_registry.index import bundle_writer

    zoo = choice.zoo(download_events(messages=False))  # failures are reported at the end
    bundle_writer.check_target(target, zoo.store.root, force=force)
    if mirror is not None:
        from ocrzoo_registry.mirror.release import published

        if choice.has_models or choice.formats or choice.source or sign_key:
            raise click.UsageError("--mirror exports the whole mirror: it excludes model arguments and --sign_key")
        _write(target, bundle_writer.from_mirror(published(mirror)), as_json=as_json)
        return ExitCode.DONE
    if sign_key is not None:
        from ocrzoo_registry import signing

        signing.check_private_key(sign_key)
    results = _downloaded(zoo, choice.requested(zoo))
    if models := [one.files for one in results if one.files is not None]:
        _write(target, _packing(zoo, models, sign_key), as_json=as_json)
    return report_errors(results)


@bundle.command("import")
@click.argument("path", metavar="FILE.tar", type=PATH)
@click.argument("names", nargs=-1, metavar="[NAME]...", type=MODEL)
@click.option("--key", metavar="PUBLIC.pem", type=PATH, help="Require a signature by this key.  [OCRZOO_MIRROR_KEY]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def import_bundle(path: Path, names: tuple[str, ...], key: Path | None, as_json: bool) -> int:
    """Import the models of a bundle into the store, verified: all of them, or those named.

    Identical models stay; run the command again to resume an interrupted import. Needs no network.
    """
    from ocrzoo_registry.download.batch import get_all
    from ocrzoo_registry.index import bundle_reader
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    opened = bundle_reader.read(path, key or zoo.settings.mirror_key)
    models = bundle_reader.chosen(opened, _names_in(zoo, opened.index.names, names))
    if not models:
        raise UsageError(f"{path} contains no models")
    resolver = bundle_reader.resolver_of(opened, zoo.settings, zoo.store, download_events())
    cards = [_card_of(zoo, one) for one in models]
    requests = [bundle_reader.request_of(opened, *pair) for pair in zip(models, cards, strict=True)]
    with resume_hint():
        results = get_all(resolver, requests)
    code = show_results(results, as_json=as_json)
    for one, card in zip(results, cards, strict=True):
        if card is None and one.files is not None:
            print_message(
                "warning",
                f"{one.files.name} ({one.files.file_format}): no plugin has its card, so it was imported with the "
                f"bundle's own; use {one.files.folder} as a model_dir",
            )
    return code


def _downloaded(zoo: Zoo, requested: Sequence[RequestedModel]) -> list[DownloadResult]:
    """Download models; a format that was not named is optional if another one is available."""
    from ocrzoo_registry.download.batch import get_all
    from ocrzoo_registry.download.request import DownloadRequest
    from ocrzoo_registry.mirror.build import FailedModel, is_optional

    results = get_all(zoo.resolver, [DownloadRequest(one.card, (one.file_format,)) for one in requested])
    available = {one.files.name for one in results if one.files is not None}
    return [
        one
        for one, request in zip(results, requested, strict=True)
        if one.error is None or not is_optional(FailedModel(request, one.error, kept=False), available)
    ]


def _packing(zoo: Zoo, models: Sequence[ModelFiles], sign_key: Path | None) -> Packing:
    from ocrzoo_registry.index import bundle_writer
    from ocrzoo_registry.index.records import index_of, indexed
    from ocrzoo_registry.store.manifest import TRUSTED

    manifests = [one.manifest for one in models if one.manifest is not None]
    for manifest in manifests:
        if manifest.source == TRUSTED:
            print_message("warning", f"{manifest.name} is packed unverified, as it was registered with --trust")
    index = index_of(indexed(manifest, zoo.models.get(manifest.name)) for manifest in manifests)
    return bundle_writer.from_store(index, models, sign_key)


def _write(target: Path, what: Packing, *, as_json: bool) -> None:
    from ocrzoo_registry.index import bundle_writer
    from ocrzoo_registry.index import schema as indexes

    index = indexes.parse(what.index, origin=str(target))
    with packing_progress(f"packing {target.name}", sum(index.blobs.values())) as advance:
        size = bundle_writer.write(target, what, advance)
    if as_json:
        models = [{"name": one.name, "format": one.format, "revision": one.revision} for one in index.models]
        print_json({"path": str(target), "size": size, "signed": what.signature is not None, "models": models})
    else:
        signed = ", signed" if what.signature is not None else ""
        click.echo(f"{one_line(str(target))}: {index.counts}, {format_size(size)}{signed}")


def _names_in(zoo: Zoo, packed: Sequence[str], names: Sequence[str]) -> list[str]:
    """The names under which a bundle has models; one may have been renamed since, or before."""
    current = {zoo.models.current_name(name): name for name in packed} if set(names) - set(packed) else {}
    return [name if name in packed else current.get(zoo.models.current_name(name), name) for name in names]


def _card_of(zoo: Zoo, model: IndexedModel) -> ModelCard | None:
    """The card that a plugin provides for a model, if it has the format."""
    known = model.name in zoo.models or model.name in zoo.models.conflicts
    card = zoo.models.get(model.name) if known else None
    return card if card is not None and model.format in card.artifacts else None
