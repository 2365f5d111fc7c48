"""Mirrors and models in an OCI registry: Debian's docker-registry, and one that answers as a test says."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.registry.hub_cards import FILES, NAME, by_path, hub_card, listed, read
from tests.registry.mirror_tree import index_of, indexed, make_keys, write_tree
from tests.registry.network.web_server import Asked, Reply, WebServer, serving
from tests.registry.oci_registry import run_registry, write_credential_helper, write_docker_config

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import IntegrityError, Refused, SourceError, UsageError
from ocrzoo_registry.index import signing
from ocrzoo_registry.index.schema import blob_of
from ocrzoo_registry.mirror.client import MirrorSource
from ocrzoo_registry.mirror.oci import Pushed, push
from ocrzoo_registry.network import oci, retry
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.network.oci import OciRepository
from ocrzoo_registry.network.oci_reference import OciReference, is_insecure
from ocrzoo_registry.settings import Mirror, Settings
from ocrzoo_registry.sources.oci import OciSource
from ocrzoo_registry.zoo import Zoo

CARD = hub_card()
INDEX = index_of([indexed(CARD, FILES)])
PARAMS = "inference.pdiparams"

# What the specifications of OCI images (1.1) and CNCF ModelPack require of such a manifest and configuration.
DESCRIPTOR = {
    "type": "object",
    "required": ["mediaType", "digest", "size"],
    "properties": {
        "mediaType": {"pattern": r"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$"},
        "digest": {"pattern": "^sha256:[0-9a-f]{64}$"},
        "size": {"type": "integer", "minimum": 0},
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
MANIFEST = {
    "type": "object",
    "required": ["schemaVersion", "mediaType", "artifactType", "config", "layers"],
    "properties": {
        "schemaVersion": {"const": 2},
        "mediaType": {"const": "application/vnd.oci.image.manifest.v1+json"},
        "artifactType": {"const": "application/vnd.cncf.model.manifest.v1+json"},
        "config": {
            "allOf": [DESCRIPTOR, {"properties": {"mediaType": {"const": "application/vnd.cncf.model.config.v1+json"}}}]
        },
        "layers": {
            "minItems": 1,
            "items": {
                "allOf": [
                    DESCRIPTOR,
                    {
                        "required": ["annotations"],
                        "properties": {
                            "mediaType": {"pattern": r"^application/vnd\.cncf\.model\.weight(\.config)?\.v1\.raw$"},
                            "annotations": {"required": ["org.cncf.model.filepath"]},
                        },
                    },
                ]
            },
        },
    },
}
TEXTS = {"type": "array", "items": {"type": "string"}}
KINDS = {"type": "array", "items": {"enum": ["text", "image", "audio", "video", "embedding", "other"]}}
CONFIGURATION = {
    "type": "object",
    "required": ["descriptor", "config", "modelfs"],
    "additionalProperties": False,
    "properties": {
        "descriptor": {
            "additionalProperties": False,
            "properties": {
                **{name: {"type": "string"} for name in ("family", "version", "description", "revision")},
                "name": {"type": "string", "minLength": 1},
                "licenses": TEXTS,
            },
        },
        "config": {
            "additionalProperties": False,
            "properties": {
                "format": {"type": "string"},
                "capabilities": {
                    "additionalProperties": False,
                    "properties": {
                        "inputTypes": KINDS,
                        "outputTypes": KINDS,
                        "languages": {"items": {"pattern": "^[a-z]{2}$"}},
                    },
                },
            },
        },
        "modelfs": {
            "required": ["type", "diffIds"],
            "additionalProperties": False,
            "properties": {"type": {"const": "layers"}, "diffIds": {**TEXTS, "minItems": 1}},
        },
    },
}


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_registry(tmp_path_factory.mktemp("registry")) as host:
        yield host


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "no login"))
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What is served of a mirror."""
    return write_tree(tmp_path / "tree", INDEX, FILES.values())


@pytest.fixture
def address(host: str, request: pytest.FixtureRequest) -> str:
    """A repository of its own."""
    return f"oci://{host}/models/test-{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:12]}"


@pytest.fixture
def trusting(settings: Settings) -> Settings:
    """Settings of a user who lets cards name the registries of this machine."""
    return replace(settings, insecure_registries=frozenset({"127.0.0.1"}))


def reading(settings: Settings, address: str, **more: Any) -> Settings:
    return replace(settings, mirror=Mirror(address), **more)


def repository(address: str) -> OciRepository:
    place = OciReference.parse(address)
    return OciRepository(place.host, place.repository)


def card_at(url: str) -> ModelCard:
    return hub_card().model_copy(update={"sources": {"oci": {"paddle": {"url": url}}}})


def test_another_machine_reads_the_repository_as_a_mirror(address: str, tree: Path, settings: Settings) -> None:
    pushed = push(tree, address, settings)
    assert pushed.sent == sum(map(len, FILES.values()))
    source = MirrorSource(reading(settings, address))
    listing = listed(source, CARD)
    assert {path: read(source, listing, file) for path, file in by_path(listing).items()} == FILES
    weights = by_path(listing)[PARAMS]
    assert read(source, listing, weights, 1000) == FILES[PARAMS][1000:], "a download is resumed"
    assert "models 1, with formats 1" in source.check().answer


def test_pushing_again_sends_nothing_and_changes_nothing(address: str, tree: Path, settings: Settings) -> None:
    first = push(tree, address, settings)
    assert push(tree, address, settings) == replace(first, sent=0)


def test_a_newer_release_replaces_the_index(address: str, tree: Path, settings: Settings, tmp_path: Path) -> None:
    push(tree, address, settings)
    source = MirrorSource(reading(settings, address))
    before = listed(source, CARD)
    newer = {**FILES, PARAMS: b"retrained" * 1000}
    newer_tree = write_tree(tmp_path / "newer", index_of([indexed(CARD, newer)]), newer.values())
    assert push(newer_tree, address, settings).sent == len(newer[PARAMS])
    again = MirrorSource(reading(settings, address))
    assert by_path(listed(again, CARD))[PARAMS].size == len(newer[PARAMS])
    assert read(source, before, by_path(before)[PARAMS]) == FILES[PARAMS], "a reader of the old index finishes with it"


def test_a_signature_is_pushed_and_required(address: str, tree: Path, settings: Settings, tmp_path: Path) -> None:
    keys = make_keys(tmp_path / "keys")
    push(tree, address, settings)
    with pytest.raises(IntegrityError, match="not signed"):
        MirrorSource(reading(settings, address, mirror_key=keys.public)).check()
    signing.sign_tree(tree, keys.private)
    assert push(tree, address, settings).signed
    assert "signed, models 1" in MirrorSource(reading(settings, address, mirror_key=keys.public)).check().answer


def artifact(address: str, pushed: Pushed) -> dict[str, Any]:
    content, digest = repository(address).manifest(NAME)
    assert digest == pushed.artifacts[NAME]
    manifest: dict[str, Any] = json.loads(content)
    return manifest


def test_each_model_is_an_artifact_by_the_specification(address: str, tree: Path, settings: Settings) -> None:
    manifest = artifact(address, push(tree, address, settings))
    from jsonschema import Draft202012Validator  # slow to import

    Draft202012Validator(MANIFEST).validate(manifest)
    config = json.loads(repository(address).blob(manifest["config"]["digest"], 1 << 20))
    Draft202012Validator(CONFIGURATION).validate(config)
    assert config["modelfs"]["diffIds"] == [layer["digest"] for layer in manifest["layers"]]
    assert config["descriptor"]["licenses"] == ["Apache-2.0"]
    digests = {layer["annotations"]["org.cncf.model.filepath"]: layer["digest"] for layer in manifest["layers"]}
    assert digests == {path: f"sha256:{hashlib.sha256(content).hexdigest()}" for path, content in FILES.items()}


def test_the_library_of_the_registries_reads_it(address: str, tree: Path, settings: Settings, tmp_path: Path) -> None:
    from oras.client import OrasClient

    push(tree, address, settings)
    place = OciReference.parse(address)
    OrasClient(insecure=True).pull(f"{place.host}/{place.repository}:{NAME}", outdir=str(tmp_path / "pulled"))
    assert {path.name: path.read_bytes() for path in (tmp_path / "pulled").iterdir()} == FILES


@pytest.mark.parametrize("by", ["tag", "digest"])
def test_a_card_may_name_an_artifact(by: str, address: str, tree: Path, trusting: Settings) -> None:
    digest = push(tree, address, trusting).artifacts[NAME]
    source = OciSource(trusting)
    listing = listed(source, card_at(f"{address}:{NAME}" if by == "tag" else f"{address}@{digest}"))
    assert listing.revision == digest
    assert {path: read(source, listing, file) for path, file in by_path(listing).items()} == FILES
    assert {file.digest_origin for file in listing.files} == {"stated by oci"}
    assert source.list(CARD, "paddle") is None, "a card that names none"
    assert source.list(card_at(f"{address}:none"), "paddle") is None


def test_a_lock_file_pins_the_manifest(address: str, tree: Path, trusting: Settings, tmp_path: Path) -> None:
    card, alone = card_at(f"{address}:{NAME}"), replace(trusting, disabled_plugins=frozenset())
    push(tree, address, trusting)
    chosen = replace(alone, sources=("oci",), sources_exact=True)
    first = Zoo(chosen).resolver.get(DownloadRequest(card, ["paddle"]))
    assert first.manifest is not None
    newer = {**FILES, PARAMS: b"retrained" * 1000}
    push(write_tree(tmp_path / "newer", index_of([indexed(CARD, newer)]), newer.values()), address, trusting)
    expected = first.manifest.unstamped()
    other = Zoo(replace(chosen, home=tmp_path / "other"))
    second = other.resolver.get(DownloadRequest(card, ["paddle"], expected=expected))
    assert second.manifest is not None
    assert second.manifest.unstamped() == expected
    assert expected.revision.startswith("sha256:")


def test_a_damaged_mirror_is_not_pushed(address: str, tree: Path, settings: Settings) -> None:
    weights = tree / blob_of(next(file for file in INDEX.models[0].files if file.path == PARAMS))
    weights.write_bytes(FILES[PARAMS][::-1])
    with pytest.raises(IntegrityError, match=r"^oci://.*: .*does not have the digest"):
        push(tree, address, settings)
    weights.unlink()
    with pytest.raises(IntegrityError, match="is missing: run 'ocrzoo mirror build'"):
        push(tree, address, settings)
    with pytest.raises(Gone):
        MirrorSource(reading(settings, address)).check()


def test_credentials_are_dockers(
    tmp_path: Path, tree: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with run_registry(tmp_path / "registry", login=True) as host:
        address = f"oci://{host}/models"
        with pytest.raises(Refused, match=f"{host}: wants a login: run 'docker login {host}'"):
            push(tree, address, settings)
        monkeypatch.setenv("DOCKER_CONFIG", str(write_docker_config(tmp_path / "wrong", host, "guess")))
        with pytest.raises(Refused, match=f"{host}: HTTP 401"):
            push(tree, address, settings)
        monkeypatch.setenv("DOCKER_CONFIG", str(write_docker_config(tmp_path / "right", host)))
        assert push(tree, address, settings).sent
        helper = write_credential_helper(tmp_path / "helper", host)
        monkeypatch.setenv("DOCKER_CONFIG", str(helper))
        monkeypatch.setenv("PATH", f"{helper}{os.pathsep}{os.environ['PATH']}")
        source = MirrorSource(reading(settings, address))
        listing = listed(source, CARD)
        assert read(source, listing, by_path(listing)[PARAMS]) == FILES[PARAMS]


ROUTE = "/v2/models"


def manifest_of(*layers: dict[str, Any], **changes: object) -> bytes:
    config = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": f"sha256:{'0' * 64}", "size": 2}
    media_type = "application/vnd.oci.image.manifest.v1+json"
    whole = {"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers, **changes}
    return json.dumps(whole).encode()


def layer_of(path: str, content: bytes = b"", kind: str = "weight.v1.raw", **changes: object) -> dict[str, Any]:
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    annotations = {"org.cncf.model.filepath": path}
    return {
        "mediaType": f"application/vnd.cncf.model.{kind}",
        "digest": digest,
        "size": len(content),
        "annotations": annotations,
    } | changes


FAIR = [layer_of(path, content) for path, content in FILES.items()]


@pytest.fixture
def server() -> Iterator[WebServer]:
    """A registry with one artifact, under the tag ``v1``."""
    with serving({f"{ROUTE}/manifests/v1": Reply(body=manifest_of(*FAIR))}) as server:
        for layer, content in zip(FAIR, FILES.values(), strict=True):
            server.answers[f"{ROUTE}/blobs/{layer['digest']}"] = Reply(body=content)
        yield server


def url_of(server: WebServer, target: str = ":v1") -> str:
    return f"oci://{server.url.removeprefix('http://')}/models{target}"


def test_wrong_bytes_of_a_registry_are_refused(server: WebServer, trusting: Settings) -> None:
    server.answers[f"{ROUTE}/blobs/{FAIR[2]['digest']}"] = Reply(body=FILES[PARAMS][::-1])
    chosen = replace(trusting, disabled_plugins=frozenset(), sources=("oci",), sources_exact=True)
    with pytest.raises(IntegrityError, match=f"{PARAMS}: sha256 is .* not {FAIR[2]['digest'][7:]}"):
        Zoo(chosen).resolver.get(DownloadRequest(card_at(url_of(server)), ["paddle"]))


def test_another_manifest_than_the_cards_is_refused(server: WebServer, trusting: Settings) -> None:
    digest = f"sha256:{'1' * 64}"
    server.answers[f"{ROUTE}/manifests/{digest}"] = Reply(body=manifest_of(*FAIR))
    with pytest.raises(IntegrityError, match=f"the manifest has the digest sha256:[0-9a-f]+, not {digest}"):
        OciSource(trusting).list(card_at(url_of(server, f"@{digest}")), "paddle")


@pytest.mark.parametrize(
    "path", ["../inference.pdiparams", "/etc/passwd", "a/../inference.json", "inference.yml\0", ""]
)
def test_paths_of_layers_lead_nowhere(path: str, server: WebServer, trusting: Settings) -> None:
    server.answers[f"{ROUTE}/manifests/v1"] = Reply(body=manifest_of(*FAIR, layer_of(path, b"evil")))
    assert sorted(by_path(listed(OciSource(trusting), card_at(url_of(server))))) == sorted(FILES)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"<html>", "invalid manifest"),
        (b"{}", "invalid manifest"),
        (manifest_of(layer_of("inference.json", digest="md5:00")), "invalid manifest: layers.0.digest"),
        (manifest_of(layer_of("inference.json", size=-1)), "invalid manifest: layers.0.size"),
        (manifest_of(mediaType="application/vnd.oci.image.index.v1+json"), "invalid manifest: mediaType"),
        (manifest_of(*[layer_of(f"f{n}") for n in range(1001)]), "invalid manifest: layers"),
        (manifest_of(layer_of("model.tar", kind="weight.v1.tar")), "packed in archives"),
        (b" " * (oci.MAX_MANIFEST_BYTES + 1), "sends more than 4 MiB"),
    ],
)
def test_what_is_no_manifest_of_a_model_is_refused(
    body: bytes, reason: str, server: WebServer, trusting: Settings
) -> None:
    server.answers[f"{ROUTE}/manifests/v1"] = Reply(body=body)
    with pytest.raises(SourceError, match=reason):
        OciSource(trusting).list(card_at(url_of(server)), "paddle")


def test_a_token_is_asked_for_and_sent_to_the_registry_only(server: WebServer, trusting: Settings) -> None:
    with serving() as elsewhere:
        said = f'Bearer realm="{server.url}/token",service="tests",scope="repository:models:pull"'

        def guarded(reply: Reply) -> Any:
            return lambda asked: (
                reply if asked.headers.get("authorization") == "Bearer abc" else Reply(401, {"WWW-Authenticate": said})
            )

        route = f"{ROUTE}/blobs/{FAIR[2]['digest']}"
        server.answers |= {
            "/token?service=tests&scope=repository%3Amodels%3Apull": Reply(body=b'{"token": "abc"}'),
            f"{ROUTE}/manifests/v1": guarded(Reply(body=manifest_of(*FAIR))),
            route: guarded(Reply(307, {"Location": f"{elsewhere.url}/blob"})),
        }
        elsewhere.answers["/blob"] = Reply(body=FILES[PARAMS])
        source = OciSource(trusting)
        listing = listed(source, card_at(url_of(server)))
        assert read(source, listing, by_path(listing)[PARAMS]) == FILES[PARAMS]
        assert "authorization" not in elsewhere.asked[0].headers


@pytest.mark.parametrize("realm", ["http://registry.example/token", "ftp://127.0.0.1/", "token", ""])
def test_a_token_service_without_https_gets_no_password(
    realm: str, server: WebServer, trusting: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = server.url.removeprefix("http://")
    monkeypatch.setenv("DOCKER_CONFIG", str(write_docker_config(tmp_path / "login", host)))
    server.answers[f"{ROUTE}/manifests/v1"] = Reply(401, {"WWW-Authenticate": f'Bearer realm="{realm}",service="x"'})
    with pytest.raises(Refused, match=f"{host}: its token service is not asked by https"):
        OciSource(trusting).list(card_at(url_of(server)), "paddle")


@pytest.mark.parametrize("place", ["http://registry.example/upload", "//127.0.0.1:9/upload", ""])
def test_an_upload_goes_to_the_registry_only(place: str, server: WebServer, tree: Path, settings: Settings) -> None:
    server.answers = {f"{ROUTE}/blobs/uploads/": Reply(202, {"Location": place})}
    with pytest.raises(SourceError, match="wants uploads sent elsewhere"):
        push(tree, url_of(server, ""), settings)


def test_a_silent_token_service_is_given_up(
    server: WebServer, trusting: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oci, "_LOGIN_S", 0.3)

    def silent(_asked: Asked) -> Reply:
        server.closing.wait(5)
        return Reply(500)

    server.answers |= {
        "/token?service=x": silent,
        f"{ROUTE}/manifests/v1": Reply(401, {"WWW-Authenticate": f'Bearer realm="{server.url}/token",service="x"'}),
    }
    with pytest.raises(Refused, match="no answer within 0 s to a login"):
        OciSource(trusting).list(card_at(url_of(server)), "paddle")


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "localhost:5000", "127.0.0.1:5000", "127.1", "[::1]:5000", "[::ffff:127.0.0.1]", "10.0.0.1",
        "192.168.1.1:443", "169.254.169.254",
    ],
)  # fmt: skip
def test_a_card_cannot_have_this_machine_ask_its_own_network(host: str, settings: Settings) -> None:
    with pytest.raises(SourceError) as refused:
        OciSource(settings).list(card_at(f"oci://{host}/models:v1"), "paddle")
    assert str(refused.value) == (
        f"{host}: a card may name public hosts only: if you trust it, list the host in OCRZOO_INSECURE_REGISTRIES"
    )


def test_registries_of_the_users_own_network_are_for_those_who_list_them(server: WebServer, settings: Settings) -> None:
    with pytest.raises(SourceError, match="OCRZOO_INSECURE_REGISTRIES"):
        OciSource(settings).list(card_at(url_of(server)), "paddle")
    assert server.asked == []
    listing = replace(settings, insecure_registries=frozenset({server.url.removeprefix("http://")}))
    assert OciSource(listing).list(card_at(url_of(server)), "paddle") is not None


@pytest.mark.parametrize(
    "address",
    [
        "oci://", "oci://host", "oci://host/", "oci://host/Upper", "oci://host/a//b", "oci://host/../a", "oci://host/a:",
        "oci://host/a@sha256:12", "https://host/a", "host/a", "oci://user:secret@host/a", "oci://host/a?x=1",
    ],
)  # fmt: skip
def test_other_addresses_are_refused_in_one_line(address: str) -> None:
    with pytest.raises(UsageError, match="is not an address in a registry") as refused:
        OciReference.parse(address)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "listed_hosts", "plain"),
    [
        ("127.0.0.1:5000", (), True),
        ("[::1]:5000", (), True),
        ("localhost", (), True),
        ("registry.example", (), False),
        ("127.0.0.1.example", (), False),
        ("registry.lan:5000", ("registry.lan:5000",), True),
        ("registry.lan:5000", ("registry.lan",), True),
        ("registry.lan", ("registry.lan:5000",), False),
    ],
)
def test_http_is_for_this_machine_and_hosts_that_the_user_lists(
    host: str, listed_hosts: tuple[str, ...], plain: bool
) -> None:
    assert is_insecure(host, listed_hosts) is plain


def test_a_mirror_is_a_whole_repository(host: str, tree: Path, settings: Settings) -> None:
    with pytest.raises(UsageError, match="leave out the tag or digest"):
        push(tree, f"oci://{host}/models:v1", settings)
