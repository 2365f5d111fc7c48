"""``ocrzoo bundle export|import`` and ``ocrzoo mirror sign``: models from one machine to another, over a file."""

from __future__ import annotations

import json
import socket
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.core.cli.conftest import MODELS, Ran, model
from tests.hubs.faults import Fault
from tests.hubs.server import Hubs
from tests.registry.kit import sha256
from tests.registry.mirror_tree import Keys, index_of, make_keys, write_tree

from ocrzoo_registry.index import schema as indexes
from ocrzoo_registry.index import signing

Run = Callable[..., Ran]
DET, REC = MODELS[:2]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return make_keys(tmp_path / "keys")


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Go to another machine: an empty home, and no network."""

    def go() -> Path:
        monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("opened a socket"))
        return tmp_path / "elsewhere" / "official_models"

    return go


class TestThere:
    def test_missing_models_are_downloaded_and_packed(self, run: Run, folder: Path, hubs: Hubs) -> None:
        run("models", "pull", DET, "--format", "onnx")
        hubs.clear()
        ran = run("bundle", "export", "models.tar", DET, REC, "--format", "onnx")
        assert ran.code == 0
        assert ran.out.startswith("models.tar: models 2, ")
        assert {request.model for request in hubs.requests} == {f"{REC}_onnx"}
        with tarfile.open("models.tar") as tar:
            content = tar.extractfile("index.json")
            assert content is not None
            index = indexes.parse(content.read(), origin="a test")
        assert [(one.name, one.format) for one in index.models] == [(DET, "onnx"), (REC, "onnx")]
        assert index.models[0].card.license == "Apache-2.0"

    @pytest.mark.parametrize(
        ("selection", "count"),
        [(["--pipeline", "OCR"], 10), (["--lang", "ja"], 10), ([DET, "--formats", "onnx"], 1)],
    )
    def test_models_are_chosen_as_in_other_commands(
        self, run: Run, folder: Path, selection: list[str], count: int
    ) -> None:
        ran = run("bundle", "export", "models.tar", *selection, "--json")
        told = json.loads(ran.out)
        assert ran.code == 0
        assert len(told["models"]) == count
        assert (told["path"], told["size"]) == ("models.tar", Path("models.tar").stat().st_size)

    def test_an_unnamed_format_without_a_source_is_left_out(self, run: Run, folder: Path, hubs: Hubs) -> None:
        del hubs.models[f"{DET}_onnx"]
        ran = run("bundle", "export", "models.tar", DET, "--json")
        assert (ran.code, [one["format"] for one in json.loads(ran.out)["models"]]) == (0, ["paddle"])
        assert run("bundle", "export", "both.tar", DET, "--formats", "onnx,paddle").code == 4

    def test_an_unavailable_model_does_not_stop_the_others(self, run: Run, folder: Path, hubs: Hubs) -> None:
        del hubs.models["UVDoc"]
        ran = run("bundle", "export", "models.tar", "UVDoc", DET, "--format", "paddle", "--json")
        assert ran.code == 4
        assert [one["name"] for one in json.loads(ran.out)["models"]] == [DET]
        assert "UVDoc (paddle) could not be downloaded: no source has it" in ran.err

    def test_without_available_models_no_file_is_written(self, run: Run, folder: Path, hubs: Hubs) -> None:
        hubs.inject(Fault("status", status=404, what="any", times=None))
        ran = run("bundle", "export", "models.tar", DET, "--format", "paddle")
        assert (ran.code, Path("models.tar").exists()) == (4, False)

    def test_a_flipped_byte_in_the_cache_is_detected(self, run: Run, folder: Path) -> None:
        run("models", "pull", DET, "--format", "paddle")
        path = folder / DET / "inference.pdiparams"
        status = path.stat()
        manifest = json.loads((folder / DET / "ocrzoo.json").read_text())
        path.write_bytes(b"v" + path.read_bytes()[1:])
        for file in manifest["files"]:  # as if the disk had changed it: no time tells
            if file["path"] == path.name:
                file |= {"mtime_ns": path.stat().st_mtime_ns, "ctime_ns": path.stat().st_ctime_ns}
        (folder / DET / "ocrzoo.json").write_text(json.dumps(manifest))
        assert path.stat().st_size == status.st_size
        ran = run("bundle", "export", "models.tar", DET, "--format", "paddle")
        assert ran.code == 5
        assert "run 'ocrzoo models repair'" in ran.error
        assert not Path("models.tar").exists()

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["taken.tar", DET], "--force"),
            (["models.tar"], "name a model"),
            (["nowhere/models.tar", DET], "name a file in an existing folder"),
            (["home/official_models/models.tar", DET], "is inside the cache"),
            (["models.tar", DET, "--sign_key", "none.pem"], "none.pem: No such file"),
            (["models.tar", DET, "--mirror", "somewhere"], "--mirror"),
            (["models.tar", DET, "--all"], "--all"),
        ],
    )
    def test_a_usage_error_is_one_line_without_requests(
        self, run: Run, folder: Path, hubs: Hubs, arguments: list[str], words: str
    ) -> None:
        folder.mkdir(parents=True)
        Path("taken.tar").write_bytes(b"mine")
        ran = run("bundle", "export", *arguments)
        assert ran.code == 2
        assert words in ran.error
        assert hubs.requests == []
        assert Path("taken.tar").read_bytes() == b"mine"

    def test_a_folder_that_is_not_a_mirror_is_not_packed(self, run: Run, folder: Path) -> None:
        ran = run("bundle", "export", "models.tar", "--mirror", "somewhere")
        assert ran.code == 3
        assert "somewhere is not a mirror" in ran.error

    def test_a_mirror_is_packed_as_it_is(self, run: Run, folder: Path, keys: Keys, tmp_path: Path) -> None:
        run("bundle", "export", "first.tar", DET, "--format", "paddle")
        _unpacked(Path("first.tar"), tmp_path / "mirror")
        signing.sign_tree(tmp_path / "mirror", keys.private)
        ran = run("bundle", "export", "models.tar", "--mirror", tmp_path / "mirror")
        assert (ran.code, ran.out.rstrip()[-8:]) == (0, ", signed")
        assert run("bundle", "import", "models.tar", "--key", keys.public).code == 0


class TestHere:
    @pytest.fixture
    def bundle(self, run: Run, folder: Path, tmp_path: Path) -> Path:
        assert run("bundle", "export", "models.tar", DET, REC, "--format", "paddle").code == 0
        return tmp_path / "models.tar"

    def test_models_are_imported_without_a_network(self, run: Run, bundle: Path, elsewhere: Callable[[], Path]) -> None:
        home = elsewhere()
        ran = run("bundle", "import", bundle, "--json")
        assert ran.code == 0
        assert [(one["name"], one["source"]) for one in json.loads(ran.out)] == [(DET, "bundle"), (REC, "bundle")]
        for path, content in model(DET).items():
            if path != "README.md":
                assert (home / DET / path).read_bytes() == content
        assert run("models", "pull", DET, REC, "--format", "paddle").code == 0
        assert run("models", "verify", "--deep").code == 0

    def test_only_named_models_are_imported(self, run: Run, bundle: Path, elsewhere: Callable[[], Path]) -> None:
        home = elsewhere()
        assert run("bundle", "import", bundle, REC).code == 0
        assert not (home / DET).exists()
        ran = run("bundle", "import", bundle, "UVDoc")
        assert ran.code == 3
        assert "does not contain UVDoc" in ran.error

    def test_a_broken_model_does_not_stop_the_others(
        self, run: Run, bundle: Path, elsewhere: Callable[[], Path]
    ) -> None:
        home = elsewhere()
        wanted = sha256(model(DET)["inference.yml"])
        with tarfile.open(bundle) as tar:
            place = tar.getmember(f"blobs/{wanted}").offset_data
        content = bytearray(bundle.read_bytes())
        content[place] ^= 1
        bundle.write_bytes(content)
        ran = run("bundle", "import", bundle, "--json")
        assert ran.code == 5
        assert [one["name"] for one in json.loads(ran.out)] == [REC]
        assert f"{DET} (paddle) was refused, its files are not the expected ones: bundle: inference.yml" in ran.err
        assert not (home / DET).exists()

    def test_a_file_that_is_not_a_bundle_is_one_line(
        self, run: Run, bundle: Path, elsewhere: Callable[[], Path]
    ) -> None:
        elsewhere()
        for content, why in ((b"<html>" * 100, "not a tar file"), (bundle.read_bytes()[:-20_000], "it is cut short")):
            bundle.write_bytes(content)
            ran = run("bundle", "import", bundle)
            assert ran.code == 5
            assert f"{bundle} is not a usable bundle: {why}. Name an intact file of" in ran.error
        assert "No such file" in run("bundle", "import", "none.tar").error

    def test_a_model_without_a_plugin_is_reported(
        self, run: Run, bundle: Path, elsewhere: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = elsewhere()
        monkeypatch.setenv("OCRZOO_DISABLE_PLUGINS", "ppocrv5")
        ran = run("bundle", "import", bundle, DET)
        assert ran.code == 0
        assert f"{DET} (paddle): no plugin has its card" in ran.err
        assert (home / DET / "inference.pdiparams").is_file()

    def test_a_key_in_settings_or_options_requires_a_signature(
        self, run: Run, folder: Path, keys: Keys, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run("bundle", "export", "plain.tar", DET, "--format", "paddle")
        ran = run("bundle", "export", "signed.tar", DET, "--format", "paddle", "--sign_key", keys.private, "--json")
        assert json.loads(ran.out)["signed"]
        monkeypatch.setenv("OCRZOO_MIRROR_KEY", str(keys.public))
        assert run("bundle", "import", "signed.tar").code == 0
        for arguments in ([], ["--key", str(keys.public)]):
            ran = run("bundle", "import", "plain.tar", *arguments)
            assert ran.code == 5
            assert "plain.tar is not a usable bundle: signature: index.json is not signed" in ran.error
        other = make_keys(Path("others"))
        assert run("bundle", "import", "signed.tar", "--key", other.public).code == 5


class TestSign:
    def test_the_current_release_is_signed(self, run: Run, keys: Keys, tmp_path: Path) -> None:
        release = write_tree(tmp_path / "mirror" / "releases" / "1", index_of([]), [])
        (tmp_path / "mirror" / "current").symlink_to("releases/1")
        ran = run("mirror", "sign", tmp_path / "mirror", "--key", keys.private)
        assert (ran.code, ran.out) == (0, f"{release / 'index.json.sig'}: written\n")
        signing.check_tree(release, keys.public)

    def test_sign_needs_a_mirror(self, run: Run, keys: Keys, tmp_path: Path) -> None:
        assert "is not a mirror" in run("mirror", "sign", tmp_path, "--key", keys.private).error


def _unpacked(bundle: Path, folder: Path) -> None:
    folder.mkdir()
    with tarfile.open(bundle) as tar:
        tar.extractall(folder, filter="data")
