"""Changes to valid content, drawn from a seeded generator: of bytes, of text, of nested data."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

NUMBERS = (0, 1, -1, 2, 127, 128, 255, 256, 32767, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**62, 10**18, 10**300)
STRANGE: tuple[Any, ...] = (
    *(
        None,
        True,
        [],
        {},
        "",
        " ",
        "\0",
        "../../etc/passwd",
        "/dev/zero",
        "C:\\x",
        "~",
        "a" * 70_000,
        "\ud800",
        "٣",
        "﷽",
    ),
    *(
        0,
        -1,
        2**64,
        10**400,
        1e308,
        float("nan"),
        float("inf"),
        [[]],
        [None],
        {"": None},
        {"a": {"b": {}}},
        "1_0",
        "!!x",
    ),
    *("http://[", "file:///etc/passwd", "(?P<", "{0.__class__}", "%s%n", "${HOME}", "\x1b[31m", "x\ny"),
)


def damaged(random: Random, content: bytes, times: int | None = None) -> bytes:
    """Change some bytes, or where they are."""
    changed = bytearray(content)
    for _ in range(random.choice((1, 1, 2, 4, 16)) if times is None else times):
        random.choice(_BYTES)(random, changed)
    return bytes(changed)


def _flip(random: Random, content: bytearray) -> None:
    if content:
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)


def _place(random: Random, content: bytearray) -> int:
    """A position, more often near the beginning, where the headers are."""
    return random.randrange(min(len(content), random.choice((40, 400, 1 << 30))) or 1) if content else 0


def _number(random: Random, content: bytearray) -> None:
    place, size = _place(random, content), random.choice("BHIQ")
    packed = struct.pack(random.choice("<>") + size, random.choice(NUMBERS) % (1 << 8 * struct.calcsize(f"={size}")))
    content[place : place + len(packed)] = packed


def _cut(random: Random, content: bytearray) -> None:
    del content[_place(random, content) :]


def _remove(random: Random, content: bytearray) -> None:
    place = _place(random, content)
    del content[place : place + random.choice((1, 4, 64, 1024))]


def _insert(random: Random, content: bytearray) -> None:
    place = _place(random, content)
    content[place:place] = random.choice((random.randbytes(8), bytes(random.choice((1, 100, 5000))), b"\xff" * 64))


def _repeat(random: Random, content: bytearray) -> None:
    place = _place(random, content)
    content[place:place] = content[place : place + random.choice((4, 64, 1024))] * random.choice((1, 2, 50))


def _overwrite(random: Random, content: bytearray) -> None:
    place, length = _place(random, content), random.choice((4, 32, 256))
    content[place : place + length] = random.randbytes(length)


_BYTES: Sequence[Callable[[Random, bytearray], None]] = (
    _flip, _flip, _number, _number, _number, _cut, _remove, _insert, _repeat, _overwrite,
)  # fmt: skip


def reworded(random: Random, text: str, words: Sequence[str]) -> str:
    """Change numbers and words of a text, or put others in between."""
    for _ in range(random.choice((1, 1, 2, 5))):
        match random.randrange(4):
            case 0:
                found = [*re.finditer(r"-?\d+", text)]
                if found:
                    one = random.choice(found)
                    text = text[: one.start()] + str(random.choice(NUMBERS)) + text[one.end() :]
            case 1:
                place = random.randrange(len(text) + 1)
                text = text[:place] + random.choice(words) + text[place:]
            case 2:
                lines = text.splitlines(keepends=True)
                random.shuffle(lines)
                text = "".join(lines[: random.randrange(1, len(lines) + 1)]) if lines else text
            case _:
                begin = random.randrange(len(text) + 1)
                text = text[:begin] + text[begin + random.choice((1, 10, 300)) :]
    return text


def distorted(random: Random, data: Any) -> Any:
    """Change one value of nested data, its key, or how deep it lies."""
    if isinstance(data, dict) and data and random.random() < 0.9:
        key = random.choice([*data])
        match random.randrange(12):
            case 0:
                return {name: value for name, value in data.items() if name != key}
            case 1:
                return {**data, str(random.choice(STRANGE)): random.choice(STRANGE)}
            case _:
                return {**data, key: distorted(random, data[key])}
    if isinstance(data, list) and data and random.random() < 0.8:
        place = random.randrange(len(data))
        return [*data[:place], distorted(random, data[place]), *data[place + 1 :]] * random.choice((1, 1, 1, 2, 300))
    return [random.choice(STRANGE)] if random.random() < 0.1 else random.choice((data, *STRANGE))


def nested(random: Random, text: str) -> str:
    """Nest JSON deeper than a program can count."""
    depth = random.choice((1, 99, 101, 500, 5000, 200_000))
    begin, end = random.choice((("[", "]"), ('{"a":', "}")))
    return begin * depth + text + end * random.choice((depth, depth, 0))
