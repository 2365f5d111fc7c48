"""``ocrzoo replay``: make an answer of the server again."""

from __future__ import annotations

from pathlib import Path

import click

from ocrzoo.cli.output import counted, debug_option, print_json, print_message, print_note
from ocrzoo.cli.values import LinesFile
from ocrzoo_registry.errors import ExitCode


@click.command()
@click.argument("receipt", metavar="RECEIPT.json", type=click.Path(path_type=Path))
@click.argument("image", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--lexicon",
    metavar="FILE",
    type=LinesFile(16 << 20),
    help="The file that --lexicon named then: a receipt has no more than the digest of a long one.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the results, an object for each page and line.")
@debug_option
def replay(receipt: Path, image: Path, lexicon: tuple[str, ...] | None, as_json: bool) -> int:
    """Read FILE again as RECEIPT says, and compare.

    RECEIPT is the receipt of an answer of 'ocrzoo serve' ("receipt": true in the request), or the whole answer. Exit
    code 5: the results differ, or FILE is another one.
    """
    from ocrzoo.pipelines.receipts import read_receipt
    from ocrzoo.serving.replaying import replay as read_again

    found = read_again(read_receipt(receipt), image, lexicon)
    if as_json:
        for result in found.results:
            print_json(result)
    for difference in found.differences:
        print_message("warning", difference)
    if not found.is_same:
        print_message("error", f"{image}: {found.outcome}")
        return ExitCode.INTEGRITY
    print_note(f"{counted(len(found.results), 'page')}: the same results")
    return ExitCode.DONE
