"""The fault table: what goes wrong at a hub, one row each, and what our resolver makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from tests.hubs import fault_plays as plays
from tests.hubs.evil_tars import EVIL_TARS
from tests.hubs.fault_plays import Play, under, with_a_next_source
from tests.hubs.fault_stage import HALF
from tests.hubs.faults import Fault
from tests.hubs.pulling import SOURCES

RIGHT, RESUMED, ANEW, AGAIN = "right", "right, resumed", "right, downloaded again", "right, retried"
AS_LISTED, AS_SAID, KEPT = "right, as listed", "right, as the hub says", "right, nothing downloaded"
ONE_DOWNLOAD, FROM_NEXT = "right, one download", "right, from the next source"
CORRUPT, UNREACHABLE, TOO_SLOW = "error: corrupt", "error: unreachable", "error: too slow"
BUSY, REFUSED, ABSENT, FAILED = "error: busy", "error: refused", "error: absent", "error: failed"
LISTED_AGAIN = "right, listed again"

CUT, SHORT, STALL = Fault("cut", at=HALF), Fault("short", at=HALF, times=None), Fault("stall", at=HALF)
STALLS, FLIPS = Fault("stall", at=HALF, times=None), Fault("corrupt", at=HALF, times=None)
CUTS = [Fault("cut", at=at) for at in (100_000, HALF, 900_000)]
DRIP = Fault("drip", at=HALF, size=64 << 10, seconds=5, times=None)
ALWAYS_503 = partial(Fault, "status", times=None)


@dataclass(frozen=True)
class Row:
    """One fault."""

    section: str
    fault: str
    play: Play
    words: Mapping[str, str]
    """Source -> what comes of it; sources that the fault cannot befall are left out."""
    long: bool = False
    """Whether it takes more than a few seconds."""


def _all(words: str, **but: str) -> dict[str, str]:
    """The same for all sources but some."""
    return dict.fromkeys(SOURCES, words) | but


def _connection() -> Iterator[Row]:
    row = partial(Row, "The connection")
    yield row("nothing", under(), _all(RIGHT))
    yield row("cut once in the middle", under(CUT), _all(RESUMED))
    yield row("cut three times, each time later", under(*CUTS), _all(RESUMED))
    yield row("always cut at the same byte", under(Fault("cut", at=HALF, times=None)), _all(UNREACHABLE))
    yield row("reset once", under(Fault("reset", at=50_000, seconds=0.5)), _all(RESUMED))
    yield row("the process killed in the middle and started again", plays.killed_and_run_again, _all(RESUMED))
    yield row("two processes at once", plays.two_processes_at_once, _all(ONE_DOWNLOAD))
    yield row("connection refused", plays.nobody_listens, _all(UNREACHABLE))
    yield row("cut, then Range is ignored", under(CUT, Fault("no_range")), _all(ANEW))
    yield row("cut, then another range than requested", under(CUT, Fault("wrong_range")), _all(ANEW))
    yield row("cut, then 416", plays.range_refused, _all(ANEW))


def _contents() -> Iterator[Row]:
    row = partial(Row, "The bytes")
    page = Fault("html", times=None)
    changed = plays.changed_between_listing_and_file
    yield row("a byte flipped once", under(Fault("corrupt", at=HALF)), _all(ANEW))
    yield row("a byte always flipped", under(FLIPS), _all(CORRUPT))
    yield row("the file shorter than listed", under(SHORT), _all(CORRUPT))
    yield row("a truncated file with matching listing and digest", plays.cut_off, _all(AS_SAID, bos=CORRUPT))
    yield row("the same, with a lock file", plays.cut_off_after_a_lock_file, _all(CORRUPT))
    yield row("a web page instead of the file", under(page), _all(CORRUPT))
    yield row("a web page for every request", under(Fault("html", what="any", times=None)), _all(FAILED))
    yield row("an endless file", under(Fault("endless", times=None)), _all(CORRUPT))
    yield row("changed after the listing", changed, _all(AS_LISTED, modelscope=LISTED_AGAIN, bos=LISTED_AGAIN))


def _answers() -> Iterator[Row]:
    row = partial(Row, "The answers")
    busy = partial(Fault, "status", status=429)
    lists = {name: FAILED for name in SOURCES if name != "bos"}
    yield row("503 once for the file", under(Fault("status")), _all(AGAIN))
    yield row("503 always for the file", under(ALWAYS_503()), _all(BUSY))
    yield row("503 once for the listing", under(Fault("status", what="list")), _all(AGAIN))
    yield row("503 always for the listing", under(ALWAYS_503(what="list")), _all(BUSY))
    yield row("429 once, Retry-After: 3", under(busy(headers={"Retry-After": "3"})), _all(AGAIN))
    yield row("429, Retry-After: 3600", under(busy(headers={"Retry-After": "3600"})), _all(BUSY))
    yield row("a wrong token", plays.with_a_wrong_token, _all(REFUSED, bos=RIGHT))
    yield row("403 for the file", under(Fault("status", status=403, times=None)), _all(REFUSED))
    yield row("404 for everything", under(Fault("status", status=404, what="any", times=None)), _all(ABSENT))
    yield row("404 for a file that is listed", under(Fault("status", status=404, times=None)), _all(ABSENT))
    yield row("a redirect to another origin", plays.to_another_origin, _all(RIGHT))
    yield row("endless redirects", under(Fault("redirect_loop", times=None)), _all(FAILED))
    yield row("a listing that is not JSON", under(Fault("bad_json", times=None)), lists | {"mirror": CORRUPT})
    yield row("a listing that inflates to 256 MiB", under(Fault("gzip_bomb", times=None)), lists)


def _silence() -> Iterator[Row]:
    row = partial(Row, "Silence", long=True)
    slow_headers = partial(Fault, "drip_headers", times=None)
    byte_by_byte = Fault("drip", at=HALF, size=1, seconds=1, times=None)
    yield row("no answer to the first request", under(Fault("hang", what="list")), _all(AGAIN))
    yield row("no answer to any request", under(Fault("hang", what="list", times=None)), _all(UNREACHABLE))
    yield row("no answer to the first request for the file", under(Fault("hang")), _all(AGAIN))
    yield row("no answer to any request for the file", under(Fault("hang", times=None)), _all(TOO_SLOW))
    yield row("slow headers for the listing", under(slow_headers(what="list")), _all(UNREACHABLE))
    yield row("slow headers for the file", under(slow_headers()), _all(TOO_SLOW))
    yield row("the file stalls once in the middle", under(STALL), _all(RESUMED))
    yield row("the file always stalls at the same byte", under(STALLS), _all(TOO_SLOW))
    yield row("64 KiB every 5 s from the middle", under(DRIP), _all(TOO_SLOW))
    yield row("one byte per second from the middle", under(byte_by_byte), _all(TOO_SLOW))


def _this_machine() -> Iterator[Row]:
    row = partial(Row, "Files on this machine")
    yield row("a byte changed, size and time as before", plays.repaired(plays.tamper), _all(ANEW))
    yield row("a file cut off", plays.repaired(plays.truncate), _all(ANEW))
    yield row("a file deleted", plays.repaired(plays.delete), _all(ANEW))
    yield row("an unexpected file added", plays.repaired(plays.add), _all(KEPT, bos=ANEW))


def _next_source() -> Iterator[Row]:
    row, long = partial(Row, "With a second source"), {"long": True}
    absent, silent = Fault("status", status=404, what="any", times=None), Fault("hang", what="any", times=None)
    yield row("404 for everything", with_a_next_source(absent), _all(FROM_NEXT))
    yield row("a byte always flipped", with_a_next_source(FLIPS), _all(FROM_NEXT))
    yield row("503 always", with_a_next_source(ALWAYS_503(what="any")), _all(FROM_NEXT))
    yield row("no answer to any request", with_a_next_source(silent), _all(FROM_NEXT), **long)
    yield row("the file always stalls at the same byte", with_a_next_source(STALLS), _all(FROM_NEXT), **long)


def _archives() -> Iterator[Row]:
    for fault, make in EVIL_TARS.items():
        yield Row("The archive", fault, plays.evil_tar(make), {"bos": FAILED if "too few" in fault else CORRUPT})


ROWS = [*_connection(), *_contents(), *_answers(), *_silence(), *_this_machine(), *_next_source(), *_archives()]
