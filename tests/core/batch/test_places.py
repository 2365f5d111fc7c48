"""Folders and object stores as places: the same calls, the same answers; moto's server plays S3."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.core.batch.kit import TINY, archive, names, png, table, write_table
from tests.object_store import lead_to, s3

from ocrzoo.batch import BatchJob, buckets, run_batch
from ocrzoo.batch.places import Folder, Place, escaped, is_bucket, place_of
from ocrzoo.inputs import limits
from ocrzoo_registry.errors import InputError, SourceError, UsageError


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of S3."""
    with s3() as address:
        yield address


@pytest.fixture
def aws(endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The variables that lead there, none of the user's, and a client."""
    lead_to(endpoint, tmp_path, monkeypatch)
    monkeypatch.setattr(buckets, "RETRY_S", 1)
    import boto3

    return boto3.client("s3")


@pytest.fixture
def bucket(aws: Any, request: pytest.FixtureRequest) -> str:
    """The URL of a bucket of the test's own."""
    name = f"pages-{abs(hash(request.node.nodeid))}"
    aws.create_bucket(Bucket=name)
    return f"s3://{name}"


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return Folder(tmp_path / "place")
    return place_of(request.getfixturevalue("bucket") + "/scans/2024")


class TestBoth:
    def test_what_is_written_is_listed_found_and_read(self, place: Place) -> None:
        place.write("sub/page é 50%.png", b"0123456789")
        place.write("a.png", b"")
        assert [file.path for file in place.files()] == ["a.png", "sub/page é 50%.png"]
        assert [(file.path, file.size) for file in place.files("sub")] == [("sub/page é 50%.png", 10)]
        file = place.find("sub/page é 50%.png")
        assert file is not None
        assert place.read(file.path) == b"0123456789"
        assert place.read(file.path, 3, 4) == b"3456"
        assert place.read(file.path, 8, 9) == b"89"
        assert place.read("a.png") == b""

    def test_a_file_is_read_at_any_position(self, place: Place) -> None:
        place.write("f", bytes(range(256)) * 40)
        with place.open("f") as file:
            assert file.seek(-2, os.SEEK_END) == 10238
            assert file.read() == b"\xfe\xff"
            assert file.read(1) == b""
            file.seek(300)
            file.seek(5, os.SEEK_CUR)
            assert (file.tell(), file.read(2)) == (305, b"12")

    def test_nothing_is_there_before_it_is_written_and_after_it_is_deleted(self, place: Place) -> None:
        assert list(place.files()) == list(place.files("sub")) == []
        place.write("sub/f", b"1")
        place.delete("sub/f")
        place.delete("sub/f")
        assert place.find("sub/f") is None
        for read in (place.read, place.open):
            with pytest.raises(InputError, match="sub/f"):
                read("sub/f")

    def test_the_stamp_of_a_file_changes_with_it(self, place: Place) -> None:
        stamps = []
        for content in (b"1", b"22", b"1"):
            place.write("f", content)
            file = place.find("f")
            assert file is not None
            stamps.append(file.stamp)
        assert stamps[0] != stamps[1]

    def test_a_larger_file_than_is_read(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "MAX_BYTES", 9)
        place.write("f", b"0123456789")
        with pytest.raises(InputError, match="f: larger than 9 bytes"):
            place.read("f")

    def test_hidden_files_are_not_listed(self, place: Place) -> None:
        for name in (".lock", ".git/a.png", "sub/.part", "Thumbs.db"):
            place.write(name, b"x")
        assert list(place.files()) == []


class TestFolders:
    @pytest.mark.skipif(os.name == "nt", reason="names are Unicode there")
    def test_names_that_are_no_text_have_names_of_their_own(self, tmp_path: Path) -> None:
        given = {b"caf\xe9.png": b"1", b"caf\\xe9.png": b"2", b"caf\\x5cxe9.png": b"3", "café.png".encode(): b"4"}
        for name, content in given.items():
            Path(os.fsdecode(os.path.join(os.fsencode(tmp_path), name))).write_bytes(content)  # noqa: PTH118  # bytes
        place = Folder(tmp_path)
        paths = [file.path for file in place.files()]
        assert sorted(place.read(path) for path in paths) == [b"1", b"2", b"3", b"4"]
        assert "caf\\xe9.png" in paths
        assert all(path.encode() for path in paths)

    @pytest.mark.parametrize(
        "name", ["a", "é", "\\", "\\x", "\\xe9", "\\x5cxe9", "\udce9", "\\\udce9", "x\udce9\\x41", "\n"]
    )
    def test_every_name_is_found_again(self, tmp_path: Path, name: str) -> None:
        assert Folder(tmp_path).local_path(escaped(name)) == tmp_path / name

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes there")
    def test_a_pipe_is_a_file_that_cannot_be_read(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "p.png")
        place = Folder(tmp_path)
        assert [file.path for file in place.files()] == ["p.png"]
        with pytest.raises(InputError, match=r"^p.png: a pipe or device, not a file$"):
            place.read("p.png")

    def test_a_place_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "f").write_bytes(b"")
        with pytest.raises(UsageError, match=r"/f/g could not be written: .*: make room or allow it, and run it again"):
            Folder(tmp_path).write("f/g", b"1")

    def test_one_below_another(self, tmp_path: Path) -> None:
        outer, inner = Folder(tmp_path), Folder(tmp_path / "a" / ".." / "b")
        assert (inner.below(outer), outer.below(outer), outer.below(inner)) == ("b", "", None)


class TestBuckets:
    def test_one_below_another(self, aws: Any) -> None:
        outer, inner, other = place_of("s3://pages/a/"), place_of("s3://pages/a/b"), place_of("s3://pages/ab")
        assert (inner.below(outer), outer.below(outer), other.below(outer)) == ("b", "", None)
        assert inner.below(Folder(Path("a"))) is None

    @pytest.mark.parametrize(
        ("url", "shown"),
        [("s3://key:secret@pages/x", "s3://pages/x"), ("az://pages/x?sig=secret", "az://pages/x")],
    )
    def test_credentials_in_a_url_are_refused_and_not_shown(self, url: str, shown: str) -> None:
        with pytest.raises(UsageError, match="credentials in a URL are not read: set the variables") as caught:
            place_of(url)
        assert str(caught.value).startswith(f"{shown}: ")
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("url", ["s3://", "az://pages/x"])
    def test_urls_that_lead_nowhere(self, url: str, aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AZURE_STORAGE_ACCOUNT_NAME", raising=False)
        with pytest.raises(UsageError, match=f"^{url} is not a place in an object store: ") as caught:
            place_of(url)
        assert "Debug source" not in str(caught.value)

    def test_schemes(self) -> None:
        assert [is_bucket(name) for name in ("s3://b", "GS://b", "s3:/b", "s3", "file:///x")] == [
            True,
            True,
            *[False] * 3,
        ]

    def test_a_bucket_that_is_not_there(self, aws: Any) -> None:
        with pytest.raises(SourceError, match=r"^s3://no-such-pages/: .*404 Not Found$"):
            list(place_of("s3://no-such-pages").files())

    def test_a_part_behind_the_end_of_an_object(self, bucket: str) -> None:
        place = place_of(bucket)
        place.write("f", b"123")
        with pytest.raises(InputError, match="416"):
            place.read("f", 5, 10)


def test_from_one_bucket_into_another_prefix_and_no_page_twice(bucket: str, tmp_path: Path, one_pipeline: None) -> None:
    write_table(tmp_path / "t.parquet", {"image": [png("R0"), png("R1")]})
    place = place_of(f"{bucket}/scans")
    place.write("a.png", png("A"))
    place.write("sub/t.tar", archive([("m.png", png("M")), ("n.png", png("N"))]))
    place.write("t.parquet", (tmp_path / "t.parquet").read_bytes())
    job = BatchJob(f"{bucket}/scans/**", f"{bucket}/read", TINY, save_as=("txt",))
    assert (run_batch(job).read, run_batch(job).read, run_batch(job).skipped) == (5, 0, 3)
    for file in place_of(f"{bucket}/read").files():
        Folder(tmp_path / "out").write(file.path, place_of(f"{bucket}/read").read(file.path))
    assert names(table(tmp_path / "out", "results")) == [
        *[("a.png", None, None), ("sub/t.tar", "m.png", None), ("sub/t.tar", "n.png", None)],
        *[("t.parquet", "0", None), ("t.parquet", "1", None)],
    ]
    assert (tmp_path / "out/files/sub/t.tar/m.png.txt").read_text().strip() == "M"


def test_results_within_the_inputs_of_a_bucket_are_refused(bucket: str) -> None:
    with pytest.raises(UsageError, match=r"/scans/read is inside s3://pages-\d+/scans, whose files are read"):
        run_batch(BatchJob(f"{bucket}/scans", f"{bucket}/scans/read"))


@pytest.mark.parametrize("kind", ["png", "tar", "parquet"])
def test_an_object_store_that_stops_answering_ends_the_batch_and_no_input_is_noted_as_bad(
    bucket: str, tmp_path: Path, one_pipeline: None, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    write_table(tmp_path / "t.parquet", {"image": [png("R")]})
    content = {"png": png("A"), "tar": archive([("m.png", png("M"))]), "parquet": (tmp_path / "t.parquet").read_bytes()}
    for number in range(3):
        place_of(bucket).write(f"{number}.{kind}", content[kind])
    job = BatchJob(bucket, str(tmp_path / "out"), TINY, rows=1)

    with monkeypatch.context() as gone:

        def files(self: buckets.Bucket, below: str = "") -> Any:
            """List while it still answers."""
            yield from found(self, below)
            gone.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
            self.__init__(self.name)  # type: ignore[misc]

        found = buckets.Bucket.files
        gone.setattr(buckets.Bucket, "files", files)
        with pytest.raises(SourceError, match=rf"/0\.{kind}: .*127\.0\.0\.1:9"):
            run_batch(job)
    assert table(tmp_path / "out", "errors") == []
    assert run_batch(job).read == 3


@pytest.mark.parametrize(("number", "is_gone"), [(errno.ESTALE, True), (errno.ENOTCONN, True), (errno.EIO, False)])
def test_a_failing_file_server_is_told_from_a_failing_file(tmp_path: Path, number: int, *, is_gone: bool) -> None:
    """A disk may have one bad sector: then the folder can be listed."""
    error = InputError("a.png: cannot be read")
    error.__cause__ = OSError(number, os.strerror(number))
    (tmp_path / "a.png").touch()
    place = Folder(tmp_path)
    if is_gone:
        with pytest.raises(SourceError, match=r"is gone \(.*\): bring it back"):
            place.check_is_there(error)
    else:
        place.check_is_there(error)


class Outage(BaseHTTPRequestHandler):
    """S3 that has no time for a while."""

    left = 0

    def do_GET(self) -> None:
        is_down, Outage.left = Outage.left > 0, Outage.left - 1
        content = b"" if is_down else b"page"
        self.send_response(503 if is_down else 200)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Tue, 01 Dec 2026 00:00:00 GMT")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def test_an_outage_is_survived_for_as_long_as_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By time: obstore's own ten tries would be over after some seconds."""
    monkeypatch.setattr(buckets, "MOST_WAIT_S", 0.12)
    with ThreadingHTTPServer(("127.0.0.1", 0), Outage) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        lead_to(f"http://127.0.0.1:{server.server_port}", tmp_path, monkeypatch)
        Outage.left = 15
        assert place_of("s3://bucket/scans").read("a.png") == b"page"
        monkeypatch.setattr(buckets, "RETRY_S", 1)
        Outage.left = 1_000_000
        with pytest.raises(SourceError, match=r"^s3://bucket/scans/a.png: "):
            place_of("s3://bucket/scans").read("a.png")
        server.shutdown()
