"""Bad URLs: of no server, of nonsense, and of a server that misbehaves."""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.fuzz.cases import Case
from tests.fuzz.mutations import NUMBERS
from tests.fuzz.server import LOCATIONS

PIECES = (
    *(" ", "%", "%zz", "%20", "%00", "\\", "/", "//", "..", "?", "#", "@", ":", "[", "]", "ä", "日本", "☃", "\u3000"),
    *("\u202e", "\udcff"),
    *("a" * 300, "\t", "\n", "\x7f", "\x85", "{}", "<x>", "|", "^", "`", '"', "'", ";", "&", "=", "+", "*", "~", "."),
    *("...", "-", "_"),
)  # fmt: skip
SCHEMES = (
    "http://",
    "https://",
    "HTTP://",
    "http:",
    "http:/",
    "ftp://",
    "file://",
    "s3://",
    "ht tp://",
    "://",
    "//",
    "mailto:",
    "http://http://",
)
USERS = (
    "",
    "",
    "",
    "ann@",
    "ann:Secret@",
    "ann:Sec/ret@",
    "ann:Sec ret@",
    ":@",
    "@",
    "ann:Sec@ret@",
    "%zz:%00@",
    "ä:ö@",
)


def make(random: Random, folder: Path, server: str) -> Case:
    """Draw a URL; two of three ask the server."""
    path = "".join(random.choices((*PIECES, *map(str, range(10))), k=random.randrange(8)))
    if random.random() < 0.66:
        url = f"http://{random.choice(USERS)}{server}/{random.randrange(10**6)}/{path}"
    elif random.random() < 0.3:
        url = random.choice([location for location in LOCATIONS if ":" in location])  # no folder of this machine
    else:
        hosts = (
            server,
            "127.0.0.1:9",
            "[::1]:9",
            "127.0.0.1:",
            "",
            path,
            "a b",
            "bücher.invalid",
            f"127.0.0.1:{random.choice(NUMBERS)}",
            "[",
            "[::",
            "0x7f.1:9",
        )
        url = f"{random.choice(SCHEMES)}{random.choice(USERS)}{random.choice(hosts)}/{path}"
    return Case(("ocr", url.replace("\0", "") or "http://", *random.choice(((), ("--json",)))))
