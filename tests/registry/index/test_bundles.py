"""Bundles: written alike for like models, refused whole where anything else is in them, imported as from a hub."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.hub_cards import FILES, NAME, hub_card
from tests.registry.kit import offer_card, sha256, tree
from tests.registry.mirror_tree import Keys, index_of, indexed, make_keys, write_tree

from ocrzoo_registry.cards.address import parse_address
from ocrzoo_registry.cards.inference_yml import WRITTEN_FROM_CARD
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download import tar as archives
from ocrzoo_registry.errors import IntegrityError, NotFound, SourceError, StoreError, UsageError
from ocrzoo_registry.index import bundle_reader, bundle_writer, signing
from ocrzoo_registry.index.bundle_reader import Bundle, read, request_of, resolver_of
from ocrzoo_registry.index.bundle_writer import Packing, from_mirror, write
from ocrzoo_registry.index.schema import Index, IndexedModel
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Stream
from ocrzoo_registry.store.store import ModelFiles, Store

CARD = hub_card()
MODEL = indexed(CARD, FILES)
INDEX = index_of([MODEL])
PARAMS = "inference.pdiparams"
Members = list[tuple[tarfile.TarInfo, bytes]]


def packed(index: Index, contents: Mapping[str, bytes], folder: Path) -> Packing:
    tree = write_tree(folder, index, contents.values())
    return from_mirror(tree)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    target = tmp_path / "models.tar"
    write(target, packed(INDEX, FILES, tmp_path / "tree"))
    return target


def imported(settings: Settings, bundle: Bundle, model: IndexedModel, card: ModelCard | None) -> ModelFiles:
    """Import one model, as 'ocrzoo bundle import' does."""
    return resolver_of(bundle, settings, Store(settings.home)).get(request_of(bundle, model, card))


class TestWriting:
    def test_the_index_comes_first_then_the_files_by_their_digests(self, bundle: Path) -> None:
        with tarfile.open(bundle) as tar:
            members = tar.getmembers()
            assert [member.name for member in members] == [
                "index.json",
                *sorted(f"blobs/{sha256(content)}" for content in FILES.values()),
            ]
            assert {(member.mtime, member.uid, member.gid, member.uname, member.mode) for member in members} == {
                (0, 0, 0, "", 0o644)
            }
            index = tar.extractfile(members[0])
            assert index is not None
            assert index.read() == INDEX.to_bytes()

    def test_equal_models_give_equal_bundles(self, bundle: Path, tmp_path: Path) -> None:
        write(tmp_path / "again.tar", packed(INDEX, FILES, tmp_path / "another tree"))
        assert (tmp_path / "again.tar").read_bytes() == bundle.read_bytes()

    def test_the_signature_of_a_mirror_is_packed(self, tmp_path: Path) -> None:
        keys = make_keys(tmp_path / "keys")
        tree = write_tree(tmp_path / "tree", INDEX, FILES.values())
        signing.sign_tree(tree, keys.private)
        write(tmp_path / "signed.tar", from_mirror(tree))
        with tarfile.open(tmp_path / "signed.tar") as tar:
            assert tar.getnames()[:2] == ["index.json", "index.json.sig"]
        assert read(tmp_path / "signed.tar", keys.public).origin == "stated by bundle, signed"

    @pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"short")])
    def test_a_wrong_file_writes_nothing(self, tmp_path: Path, spoil: Callable[[Path], object]) -> None:
        what = packed(INDEX, FILES, tmp_path / "tree")
        spoil(what.places[sha256(FILES[PARAMS])])
        self._refused(what, tmp_path)

    def test_a_flipped_byte_writes_nothing(self, tmp_path: Path) -> None:
        what = packed(INDEX, FILES, tmp_path / "tree")
        what.places[sha256(FILES[PARAMS])].write_bytes(b"?" + FILES[PARAMS][1:])
        self._refused(what, tmp_path)

    def test_a_full_disk_leaves_what_was_there(
        self, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(self: tarfile.TarFile, *_arguments: object) -> None:
            raise OSError(28, "No space left on device")

        before = bundle.read_bytes()
        what = packed(INDEX, FILES, tmp_path / "tree")
        monkeypatch.setattr(tarfile.TarFile, "addfile", full)
        with pytest.raises(UsageError, match="No space left on device"):
            write(bundle, what)
        assert bundle.read_bytes() == before
        assert not list(tmp_path.glob(".*"))

    @staticmethod
    def _refused(what: Packing, folder: Path) -> None:
        with pytest.raises(IntegrityError, match="ocrzoo mirror verify"):
            write(folder / "models.tar", what)
        assert [path.name for path in folder.iterdir()] == ["tree"]

    def test_an_invalid_target_is_refused_first(self, bundle: Path, tmp_path: Path) -> None:
        store = tmp_path / "home" / "official_models"
        store.mkdir(parents=True)
        for target, words in [
            (bundle, "--force"),
            (store / "x.tar", "inside the cache"),
            (tmp_path, "name a file"),
            (tmp_path / "nowhere" / "x.tar", "name a file"),
        ]:
            with pytest.raises(UsageError, match=words):
                bundle_writer.check_target(target, store, force=False)
        bundle_writer.check_target(bundle, store, force=True)
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UsageError, match="exists: name another file"):
            bundle_writer.check_target(tmp_path / "pipe", store, force=True)


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def members(index: Index = INDEX, contents: Mapping[str, bytes] = FILES) -> Members:
    blobs = [(member(f"blobs/{sha256(content)}"), content) for content in contents.values()]
    return [(member("index.json"), index.to_bytes()), *blobs]


def tar_of(several: Members, form: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for info, content in several:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


GOOD = tar_of(members())
EVIL: dict[str, Callable[[Path], bytes]] = {
    "a path that leads out": lambda _: tar_of([*members(), (member("../evil"), b"evil")]),
    "an absolute path": lambda folder: tar_of([*members(), (member(str(folder / "evil")), b"evil")]),
    "a symbolic link": lambda folder: tar_of([*members(), (member("blobs/link", tarfile.SYMTYPE, str(folder)), b"")]),
    "a link in place of a file": lambda folder: tar_of(
        [*members()[:-1], (member(members()[-1][0].name, tarfile.SYMTYPE, str(folder / "secret")), b"")]
    ),
    "a hard link": lambda _: tar_of([*members(), (member("blobs/x", tarfile.LNKTYPE, "index.json"), b"")]),
    "a named pipe": lambda _: tar_of([*members(), (member("pipe", tarfile.FIFOTYPE), b"")]),
    "a device": lambda _: tar_of([*members(), (member("null", tarfile.CHRTYPE), b"")]),
    "a sparse member": lambda _: tar_of([*members(), (member("s", tarfile.GNUTYPE_SPARSE), b"")]),
    "a foreign file": lambda _: tar_of([*members(), (member("README.md"), b"read me")]),
    "a blob that nobody names": lambda _: tar_of([*members(), (member(f"blobs/{'0' * 64}"), b"")]),
    "a foreign folder": lambda _: tar_of([*members(), (member("others", tarfile.DIRTYPE), b"")]),
    "a file twice": lambda _: tar_of([*members(), members()[-1]]),
    "two indexes": lambda _: tar_of([*members(), (member("./index.json"), INDEX.to_bytes())]),
    "a file of another size": lambda _: tar_of([*members()[:-1], (members()[-1][0], b"short")]),
    "a file too few": lambda _: tar_of(members()[:-1]),
    "no index": lambda _: tar_of(members()[1:]),
    "an index that is none": lambda _: tar_of([(member("index.json"), b"{}"), *members()[1:]]),
    "an index that leads out": lambda _: tar_of(
        [(member("index.json"), INDEX.to_bytes().replace(b'"inference.json"', b'"../../inference"')), *members()[1:]]
    ),
    "cut off inside a member": lambda _: GOOD[: len(GOOD) // 2],
    "cut off before the end mark": lambda _: GOOD[: -archives.MAX_HEADER_BYTES * 3],
    "compressed": lambda _: gzip.compress(GOOD, 1),
    "empty": lambda _: b"",
    "no tar": lambda _: b"<!DOCTYPE html>" * 1000,
}


class TestReading:
    @pytest.mark.parametrize("what", EVIL)
    def test_a_bundle_with_unexpected_members_is_refused(self, what: str, tmp_path: Path) -> None:
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "secret").write_bytes(b"of this machine")
        path = tmp_path / "evil.tar"
        path.write_bytes(EVIL[what](outside))
        before = tree(tmp_path)
        with pytest.raises(IntegrityError, match=r"evil\.tar is not a usable bundle: ") as caught:
            read(path)
        assert "\n" not in str(caught.value)
        assert tree(tmp_path) == before

    @pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
    def test_a_bundle_repacked_by_another_program_is_accepted(self, form: int, tmp_path: Path) -> None:
        folder = (member("./blobs", tarfile.DIRTYPE), b"")
        dotted = [(member(f"./{info.name}"), content) for info, content in members()]
        (tmp_path / "anew.tar").write_bytes(tar_of([(member("./", tarfile.DIRTYPE), b""), folder, *dotted], form))
        assert read(tmp_path / "anew.tar").index == INDEX

    def test_a_bundle_that_is_not_a_file_is_not_read(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path / "pipe", tmp_path, tmp_path / "none.tar"):
            with pytest.raises(UsageError, match=str(path)):
                read(path)

    def test_too_many_members_or_bytes_are_refused(self, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(bundle_reader, "MAX_BYTES", 1000)
        with pytest.raises(IntegrityError, match="more than"):
            read(bundle)
        monkeypatch.undo()
        monkeypatch.setattr(bundle_reader, "MAX_MEMBERS", 1)
        with pytest.raises(IntegrityError, match="more than"):
            read(bundle)

    def test_a_key_requires_a_signature(self, bundle: Path, tmp_path: Path) -> None:
        keys: Keys = make_keys(tmp_path / "keys")
        others = make_keys(tmp_path / "others")
        with pytest.raises(IntegrityError, match="is not signed"):
            read(bundle, keys.public)
        signed = replace(from_mirror(tmp_path / "tree"), signature=signing.sign(INDEX.to_bytes(), keys.private))
        write(bundle, signed)
        assert read(bundle, keys.public).index == INDEX
        assert read(bundle).index == INDEX
        with pytest.raises(IntegrityError, match="is not valid for"):
            read(bundle, others.public)

    def test_models_are_chosen_by_name(self, bundle: Path) -> None:
        assert bundle_reader.chosen(read(bundle), []) == [MODEL]
        assert bundle_reader.chosen(read(bundle), [NAME]) == [MODEL]
        with pytest.raises(NotFound, match="did you mean seaside_det"):
            bundle_reader.chosen(read(bundle), ["seaside_dat"])


class TestImport:
    def test_a_model_is_imported_with_every_byte(self, bundle: Path, settings: Settings) -> None:
        files = imported(settings, read(bundle), MODEL, CARD)
        assert {path: (files.folder / path).read_bytes() for path in FILES} == FILES
        assert files.manifest is not None
        assert (files.manifest.source, files.manifest.revision) == ("bundle", MODEL.revision)
        assert {file.digest_origin for file in files.manifest.files} == {"stated by bundle"}
        assert Store(settings.home).find(NAME, "paddle") is not None

    def test_complete_models_are_not_written_again(self, bundle: Path, settings: Settings) -> None:
        folder = imported(settings, read(bundle), MODEL, CARD).folder
        before = tree(folder)
        imported(settings, read(bundle), MODEL, CARD)
        assert tree(folder) == before

    def test_an_older_state_is_replaced_and_unchanged_files_are_kept(
        self, bundle: Path, settings: Settings, tmp_path: Path
    ) -> None:
        imported(settings, read(bundle), MODEL, CARD)
        new = {**FILES, PARAMS: b"new weights"}
        index = index_of([indexed(CARD, new)])
        write(tmp_path / "new.tar", packed(index, new, tmp_path / "new"))
        folder = imported(settings, read(tmp_path / "new.tar"), index.models[0], CARD).folder
        assert (folder / PARAMS).read_bytes() == b"new weights"

    def test_a_byte_flipped_in_the_bundle_is_refused(self, bundle: Path, settings: Settings) -> None:
        content = bundle.read_bytes()
        with tarfile.open(bundle) as tar:
            place = tar.getmember(f"blobs/{sha256(FILES[PARAMS])}").offset_data
        bundle.write_bytes(content[: place + 7] + bytes([content[place + 7] ^ 1]) + content[place + 8 :])
        with pytest.raises(IntegrityError, match=rf"{NAME} \(paddle\) was refused.*bundle: {PARAMS}"):
            imported(settings, read(bundle), MODEL, CARD)
        assert Store(settings.home).find(NAME, "paddle") is None

    def test_the_local_card_outranks_the_bundle(self, bundle: Path, settings: Settings) -> None:
        pin = {"path": PARAMS, "sha256": "0" * 64, "digest_origin": "the card"}
        pinned = offer_card(artifacts={"paddle": {"files": [{"path": "inference.json"}, pin]}})
        with pytest.raises(IntegrityError, match="the card"):
            imported(settings, read(bundle), MODEL, pinned)

    def test_a_model_whose_address_is_known_here_is_imported(self, bundle: Path, settings: Settings) -> None:
        addressed = CARD.located_in(CARD.folder, parse_address("hf://ocean/signs"))
        files = imported(settings, read(bundle), MODEL, addressed)
        assert (files.folder / PARAMS).read_bytes() == FILES[PARAMS]

    def test_an_interrupted_import_resumes(
        self, bundle: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        offsets: list[int] = []
        opened = bundle_reader.Bundle._chunks

        def breaking_off(self: bundle_reader.Bundle, start: int, count: int) -> object:
            chunks = list(opened(self, start, count))
            if count > 100_000:
                offsets.append(len(FILES[PARAMS]) - count)
                yield chunks[0][:100_000]
                raise SourceError("the disk was taken out")
            yield from chunks

        monkeypatch.setattr(bundle_reader.Bundle, "_chunks", breaking_off)
        for _ in range(3):
            with pytest.raises(SourceError, match="the disk was taken out"):
                imported(settings, read(bundle), MODEL, CARD)
        folder = imported(settings, read(bundle), MODEL, CARD).folder
        assert (folder / PARAMS).read_bytes() == FILES[PARAMS]
        assert offsets == [0, 100_000, 200_000]

    def test_a_model_without_a_plugin_uses_the_card_of_the_bundle(self, settings: Settings, tmp_path: Path) -> None:
        """Its inference.yml was written from a card and a charset, which is not here."""
        told = {"task": "text_recognition", "charset": "charset.txt"}
        model = _written(indexed(offer_card(**told, artifacts=_paddle()), FILES))
        write(tmp_path / "own.tar", packed(index_of([model]), FILES, tmp_path / "own"))
        files = imported(settings, read(tmp_path / "own.tar"), model, None)
        assert (files.folder / "inference.yml").read_bytes() == FILES["inference.yml"]
        assert Store(settings.home).find(NAME, "paddle") is not None

    def test_a_full_disk_is_one_line(self, bundle: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_arguments: object) -> Stream:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("ocrzoo_registry.download.partial.PartialFile.write", full)
        with pytest.raises(StoreError, match="No space left on device"):
            imported(settings, read(bundle), MODEL, CARD)


def _paddle() -> dict[str, object]:
    return {"paddle": {"files": [{"path": path} for path in ("inference.json", PARAMS)]}}


def _written(model: IndexedModel) -> IndexedModel:
    files = tuple(
        file.model_copy(update={"digest_origin": f"{WRITTEN_FROM_CARD}, state 0"})
        if file.path == "inference.yml"
        else file
        for file in model.files
    )
    return model.model_copy(update={"files": files})
