"""The checks: each has a name, what it needs, and a function that yields findings.

One list, in the order in which they run; ``ocrzoo plugins check`` and :func:`ocrzoo.testing.conformance` run it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Need = Literal["plugin", "card", "weights", "predictor", "answer"]
"""What a check looks at. Each of the last three is only there if the check of the step before found no error."""


@dataclass(frozen=True)
class Check:
    """One check."""

    name: str
    needs: Need
    function: str
    """Dotted path of a function that is given a :class:`~ocrzoo.testing.subjects.PluginSubject`, if the check needs a
    ``plugin``, or else a :class:`~ocrzoo.testing.subjects.ModelSubject`, and yields findings."""
    summary: str
    """What it looks at; a row of the table in docs/plugins/checking.md."""
    opens: Need | None = None
    """What is there for further checks if this one finds no error."""
    tasks: tuple[str, ...] = ()
    """The tasks that it is for; none: all."""


_HERE = "ocrzoo.testing.checks"

CHECKS = (
    Check(
        "plugin",
        "plugin",
        f"{_HERE}.package:plugin",
        "the plugin can be imported, its hooks run, its cards keep the schema, its names are its own",
    ),
    Check(
        "files",
        "plugin",
        f"{_HERE}.package:files",
        "no symbolic links, and no pickles, among its files; none changed after it was signed; nothing to be filled in "
        "in `pyproject.toml` and workflows",
    ),
    Check("card", "card", f"{_HERE}.card:complete", "the card is complete and says nothing odd"),
    Check("license", "card", f"{_HERE}.card:license_of", "the license is an SPDX expression"),
    Check("metrics", "card", f"{_HERE}.card:metrics", "figures come with their data set and source"),
    Check(
        "charset",
        "card",
        f"{_HERE}.card:charset",
        "no entry of the charset occurs twice, has spaces around it or is not in NFC",
    ),
    Check(
        "languages", "card", f"{_HERE}.card:languages", "the charset has 99 % of the letters of each claimed language"
    ),
    Check(
        "sources", "card", f"{_HERE}.weights:sources", "each source lists the files of the card, as the card has them"
    ),
    Check(
        "weights",
        "card",
        f"{_HERE}.weights:weights",
        "the files are there, complete, of the stated digests, and files of weights",
        opens="weights",
    ),
    Check(
        "load",
        "weights",
        f"{_HERE}.network:load",
        "each installed engine loads each format; inputs, channels, heights and classes are those of the task",
        opens="predictor",
    ),
    Check(
        "output",
        "predictor",
        f"{_HERE}.network:output",
        "the first answer is one: shape and order of the axes, probabilities, classes, numbers, their type",
        opens="answer",
    ),
    Check("engines", "answer", f"{_HERE}.network:engines", "all engines and formats compute the same"),
    Check("batch", "answer", f"{_HERE}.behavior:batch", "pictures are answered alike one by one and together"),
    Check(
        "pictures",
        "answer",
        f"{_HERE}.behavior:pictures",
        "tiny, long, tall, blank and noisy pictures cause no error and no NaN",
    ),
    Check("repeat", "answer", f"{_HERE}.behavior:repeat", "the same picture has the same answer each time"),
    Check("threads", "answer", f"{_HERE}.behavior:threads", "several threads at once get the answers of one"),
    Check(
        "reading",
        "answer",
        f"{_HERE}.reading:reading",
        "what is drawn is read, in each claimed language; found; or classified",
    ),
    Check(
        "input",
        "answer",
        f"{_HERE}.reading:alternatives",
        "no other order of channels and no other scale of the input is read better",
    ),
    Check("self-check", "answer", f"{_HERE}.reading:self_check", "the card's self-check holds on each engine"),
    Check("cost", "answer", f"{_HERE}.cost:cost", "time a picture and memory, for the report"),
)
"""All checks, in order."""
