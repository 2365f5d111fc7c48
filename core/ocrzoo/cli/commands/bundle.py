"""``ocrzoo bundle``: models in one file, to carry to a machine without a network."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ocrzoo.cli.commands.pull import report, run_pulls
from ocrzoo.cli.model_options import all_models_option, chosen_zoo, names_per_language, which_models
from ocrzoo.cli.output import debug_option, one_line, print_json, print_message
from ocrzoo.cli.progress import format_size, packing_progress, show_downloads
from ocrzoo_registry.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ocrzoo_registry.cards.schema import Format
    from ocrzoo_registry.download.batch import Pulled
    from ocrzoo_registry.index.bundle_reader import Bundle
    from ocrzoo_registry.index.bundle_writer import Packing
    from ocrzoo_registry.index.schema import IndexedModel
    from ocrzoo_registry.mirror.plan import Wish
    from ocrzoo_registry.store.store import ModelFiles
    from ocrzoo_registry.zoo import Zoo

PATH = click.Path(path_type=Path)


@click.group()
def bundle() -> None:
    """Carry models in one file, to a machine without a network."""


@bundle.command("export")
@click.argument("target", metavar="FILE.tar", type=PATH)
@which_models("onnx and paddle, as far as they are published and can be had")
@all_models_option
@click.option("--mirror", metavar="DIR", type=PATH, help="All of a mirror, with its signature, instead of models.")
@click.option("--sign-key", metavar="PRIVATE.pem", type=PATH, help="Sign the bundle with this key.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def export_bundle(
    target: Path,
    names: tuple[str, ...],
    pipeline: str | None,
    lang: str | None,
    formats: tuple[Format, ...],
    source: str | None,
    every: bool,
    mirror: Path | None,
    sign_key: Path | None,
    force: bool,
    as_json: bool,
) -> int:
    """Pack models into a file for 'ocrzoo bundle import' elsewhere; every byte is compared.

    Models that are not in the store are brought first. One that cannot be had is told, and the others are packed.
    """
    from ocrzoo_registry.index import bundle_writer
    from ocrzoo_registry.mirror.build import wishes_of

    zoo = chosen_zoo(source)
    bundle_writer.check_target(target, zoo.store.root, force=force)
    if mirror is not None:
        from ocrzoo_registry.mirror.release import published

        if names or pipeline or lang or formats or source or every or sign_key:
            raise click.UsageError("--mirror packs a mirror as it is: leave what chooses models, and --sign-key, out")
        _write(target, bundle_writer.from_mirror(published(mirror)), as_json=as_json)
        return ExitCode.DONE
    if sign_key is not None:
        from ocrzoo_registry.index import signing

        signing.check_private_key(sign_key)
    wishes = wishes_of(zoo, names_per_language(zoo, names, pipeline, lang, every=every), formats, lenient=every)
    pulled = _pulled(zoo, wishes)
    if models := [one.files for one in pulled if one.files is not None]:
        _write(target, _packing(zoo, models, sign_key), as_json=as_json)
    return report(pulled)


@bundle.command("import")
@click.argument("path", metavar="FILE.tar", type=PATH)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--key", metavar="PUBLIC.pem", type=PATH, help="Refuse a bundle not signed for it.  [OCRZOO_MIRROR_KEY]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@debug_option
def import_bundle(path: Path, names: tuple[str, ...], key: Path | None, as_json: bool) -> int:
    """Bring the models of a bundle into the store, verified: all of them, or those named.

    What is there with the same bytes stays; what broke off goes on when the command is run again. Needs no network.
    """
    from ocrzoo_registry.download.batch import Pull
    from ocrzoo_registry.index import bundle_reader
    from ocrzoo_registry.zoo import Zoo

    zoo = Zoo()
    opened = bundle_reader.read(path, key or zoo.settings.mirror_key)
    models = bundle_reader.chosen(opened, names)
    if not models:
        raise UsageError(f"{path}: there are no models in it")
    return run_pulls(zoo, [Pull(one.name, partial(_bring, zoo, opened, one)) for one in models], as_json=as_json)


def _pulled(zoo: Zoo, wishes: Sequence[Wish]) -> list[Pulled]:
    """Have models in the store; a format that nobody named may be lacking where another one came."""
    from ocrzoo_registry.download.batch import Pull, pull_all
    from ocrzoo_registry.mirror.build import Failed, may_lack

    show_downloads(zoo.resolver)
    zoo.resolver.tell = lambda _message: None  # what failed is told at the end
    pulls = [Pull(one.name, partial(zoo.resolver.resolve, one.card, [one.file_format])) for one in wishes]
    pulled = pull_all(zoo.resolver, pulls)
    came = {one.name for one in pulled if one.files is not None}
    return [
        one
        for one, wish in zip(pulled, wishes, strict=True)
        if one.error is None or not may_lack(Failed(wish, one.error, kept=False), came)
    ]


def _packing(zoo: Zoo, models: Sequence[ModelFiles], sign_key: Path | None) -> Packing:
    from ocrzoo_registry.index import bundle_writer
    from ocrzoo_registry.index.records import index_of, indexed
    from ocrzoo_registry.store.manifest import TRUSTED

    manifests = [one.manifest for one in models if one.manifest is not None]
    for manifest in manifests:
        if manifest.source == TRUSTED:
            print_message("warning", f"{manifest.name} is packed as it lies there; nobody verified it")
    index = index_of(indexed(manifest, zoo.models.get(manifest.name)) for manifest in manifests)
    return bundle_writer.from_store(index, models, sign_key)


def _write(target: Path, what: Packing, *, as_json: bool) -> None:
    from ocrzoo_registry.index import bundle_writer
    from ocrzoo_registry.index import schema as indexes

    index = indexes.parse(what.index, origin=str(target))
    with packing_progress(f"packing {target.name}", sum(index.blobs.values())) as advance:
        size = bundle_writer.write(target, what, advance)
    if as_json:
        told = [{"name": one.name, "format": one.format, "revision": one.revision} for one in index.models]
        print_json({"path": str(target), "size": size, "signed": what.signature is not None, "models": told})
    else:
        signed = ", signed" if what.signature is not None else ""
        click.echo(f"{one_line(str(target))}: models {len(index.models)}, {format_size(size)}{signed}")


def _bring(zoo: Zoo, opened: Bundle, model: IndexedModel) -> ModelFiles:
    from ocrzoo_registry.index import bundle_reader

    card = model.name in zoo.models or model.name in zoo.models.conflicts
    known = zoo.models.get(model.name) if card else None
    if known is not None and model.format not in known.artifacts:
        known = None
    files = bundle_reader.bring(zoo.resolver, opened, model, known)
    if known is None:
        print_message(
            "warning",
            f"{model.name} ({model.format}): no plugin here has its card, so it was imported with the bundle's own; "
            f"it lies in {files.folder}, for use as a model_dir",
        )
    return files
