"""What is not valid in configurations, requests and files, by pydantic's errors: where it is, and what is allowed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

Place = tuple[str | int, ...]

_NEEDED = {
    **dict.fromkeys(("string_type", "string_sub_type"), "text"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "a number"),
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size", "int_from_float"), "a whole number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    **dict.fromkeys(("list_type", "tuple_type"), "a list"),
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "a mapping"),
    "path_type": "the path of a file",
    "greater_than_equal": "a number of {ge} or more",
    "less_than_equal": "a number of {le} or less",
    "literal_error": "{expected}",
}
"""What is allowed, by pydantic's type of error and with the values of its context."""


@dataclass(frozen=True)
class Fault:
    """One value that is not valid, is missing, or that nobody knows."""

    kind: str
    """Pydantic's type of error."""
    place: Place
    """The keys and indices that lead to it."""
    message: str
    """Pydantic's."""
    needed: str
    """What is allowed, such as ``a number``; empty if there are no words for it but the message's."""
    given: object
    """The value."""

    @property
    def reason(self) -> str:
        """What is wrong, without place and value."""
        return f"{self.needed} is needed" if self.needed else self.message.removeprefix("Value error, ")


def faults(error: ValidationError, data: object) -> list[Fault]:
    """Return what is not valid in ``data``, each place once.

    Where a value may be of several types, pydantic says of each type what it needs, below a name of its own for the
    type (``upscale.literal['auto']``). Here that is one fault with all that is allowed, or, if the value is a list or a
    mapping of one of the types, what is wrong inside.
    """
    grouped: dict[object, list[Fault]] = {}
    for number, found in enumerate(error.errors(include_url=False)):
        place, union = _place(found, data)
        grouped.setdefault(number if union is None else union, []).append(_fault(found, place))
    return [one for place, group in grouped.items() for one in _merged(place, group)]


def _place(found: ErrorDetails, data: object) -> tuple[Place, Place | None]:
    """Where an error is in the data, and, if that is a value of several types, where this value is."""
    place: list[str | int] = []
    union: Place | None = None
    path = found["loc"]
    for number, part in enumerate(path, 1):
        if _has(data, part):
            data = data[part]  # type: ignore[index]  # it has it
        elif number < len(path) or found["type"] != "missing":
            union = tuple(place) if union is None else union
            continue
        place.append(part)
    return tuple(place), union


def _has(data: object, part: str | int) -> bool:
    if isinstance(data, Mapping):
        return part in data
    return isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)


def _fault(found: ErrorDetails, place: Place) -> Fault:
    limits = {name: f"{value:g}" if isinstance(value, float) else value for name, value in found.get("ctx", {}).items()}
    needed = _NEEDED.get(found["type"], "").format_map(limits)
    return Fault(found["type"], place, found["msg"], needed, found["input"])


def _merged(union: object, group: Sequence[Fault]) -> Iterator[Fault]:
    """The faults of one value, as one if none is inside of it."""
    if len(group) == 1:
        yield group[0]
        return
    inside = [one for one in group if one.place != union]
    if inside:
        yield from inside
        return
    first = group[0]
    needed = ", or ".join(dict.fromkeys(one.needed or one.reason for one in group))
    yield Fault(first.kind, first.place, f"Input should be {needed}", needed, first.given)


def joined(place: Sequence[Any]) -> str:
    """Return a place as text: ``SubModules.TextDetection.thresh``."""
    return ".".join(map(str, place))
