"""Put the pages of a document together: written ones, and those of PDF files, which only get a layer of text.

The job is plain data: PDF files of others are read in another process (:mod:`.process`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from typing import Any, TypedDict

import pikepdf
from pikepdf import AccessMode, Array, Dictionary, Name, Operator, Page, Pdf

INVISIBLE = 3
"""The text rendering mode of invisible text (PDF 1.7, table 106)."""
_SHOWS = {"Tj", "TJ", "'", '"'}
_LAYER = "/OcrzooText"
_SIGNED = 1
"""The bit of a form's flags that says that there are signatures."""


class LayerJob(TypedDict):
    """A page of nothing but text, and how it lies on a page."""

    file: str
    number: int
    matrix: list[float]


class TagJob(TypedDict):
    """Marked content of a page, and the element of the document's structure that it is of."""

    tag: str
    goes_on: bool
    """Whether the next marked content is of the same element."""


class PageJob(TypedDict):
    """A page of the document, from a PDF file."""

    file: str
    number: int
    """From 0."""
    layer: LayerJob | None
    turned: int
    """Degrees counter-clockwise that the page is turned."""
    kept: bool
    """Whether the file is an input, not one of our own."""
    tags: list[TagJob]
    """Of its marked content, in order; none of kept pages."""


class DocumentJob(TypedDict):
    """A document to write."""

    output: str
    pages: list[PageJob]
    passwords: dict[str, list[str]]
    """By file, those of which one may open it."""
    replace_text: bool
    """Whether invisible text of kept pages is removed."""
    title: str
    language: str | None
    producer: str


def assemble(job: DocumentJob) -> list[str]:
    """Write a document and return notes for the user: what of the inputs could not be kept.

    A PDF file of which all pages are taken, and no others, stays as it is apart from the text: metadata, outline,
    attachments, forms. Otherwise pages are copied, with the outline, forms, named destinations and layers that belong
    to them.

    Raises:
        pikepdf.PdfError: A file is damaged beyond repair.
    """
    with ExitStack() as stack:
        names = {page["file"] for page in job["pages"]} | {
            page["layer"]["file"] for page in job["pages"] if page["layer"]
        }
        passwords = job["passwords"]
        files = {name: stack.enter_context(opened_to_keep(name, passwords.get(name, ()))) for name in names}
        kept = [page for page in job["pages"] if page["kept"]]
        notes = [note for name in dict.fromkeys(page["file"] for page in kept) for note in _notes(files[name])]
        for page in kept if job["replace_text"] else []:
            _remove_invisible_text(files[page["file"]], files[page["file"]].pages[page["number"]])
        whole = _is_whole(job["pages"], files)
        if whole:
            document = files[job["pages"][0]["file"]]
        else:
            document = stack.enter_context(Pdf.new())
            notes += _copy(document, job["pages"], files)
        for page, target in zip(job["pages"], document.pages, strict=True):
            _finish(document, target, page, files)
        if not kept:
            _add_structure(document, job["pages"])
        if not (whole and job["pages"][0]["kept"]):
            _describe(document, job)
        mode = pikepdf.ObjectStreamMode
        document.save(
            job["output"],
            object_stream_mode=mode.preserve if whole and job["pages"][0]["kept"] else mode.generate,
            encryption=False,
            deterministic_id=True,
        )
        return list(dict.fromkeys(notes))


def opened_to_keep(name: str, passwords: Sequence[str]) -> Pdf:
    """Open a file without a password, or with the first one that is right.

    Raises:
        pikepdf.PdfError: It cannot be opened.
    """
    for password in ("", *passwords[:-1]):
        try:
            return Pdf.open(name, password=password, access_mode=AccessMode.stream)
        except pikepdf.PasswordError:
            if not passwords:
                raise
    return Pdf.open(name, password=passwords[-1], access_mode=AccessMode.stream)


def _is_whole(pages: Sequence[PageJob], files: dict[str, Pdf]) -> bool:
    name = pages[0]["file"]
    wanted = [(name, number) for number in range(len(files[name].pages))]
    return [(page["file"], page["number"]) for page in pages] == wanted


def _copy(document: Pdf, pages: Sequence[PageJob], files: dict[str, Pdf]) -> Iterator[str]:
    """Copy pages, and yield what does not come with them."""
    for (name, kept), group in groupby(pages, key=lambda page: (page["file"], page["kept"])):
        document.add_pages_from(files[name], [page["number"] for page in group])
        if kept:
            root = files[name].Root
            names = root.get(Name.Names, Dictionary())
            lost = {
                "tags": Name.StructTreeRoot in root,
                "attachments": Name.EmbeddedFiles in names,
                "metadata": Name.Metadata in root,
            }
            if any(lost.values()):
                what = ", ".join(key for key, there in lost.items() if there)
                yield f"{what} are kept only where a whole PDF is the only input"


def _notes(source: Pdf) -> Iterator[str]:
    if source.is_encrypted:
        yield "the PDF is protected, the document with its text is not"
    form = source.Root.get(Name.AcroForm)
    if isinstance(form, Dictionary) and int(form.get(Name.SigFlags, 0)) & _SIGNED:
        yield "the signature of the PDF does not hold for the document with its text"


def _finish(document: Pdf, page: Page, job: PageJob, files: dict[str, Pdf]) -> None:
    """Turn a page and add its text, below all that it shows: there the state of its content has no effect on it."""
    if job["turned"]:
        page.rotate(-job["turned"], relative=True)
    layer = job["layer"]
    if layer is None:
        return
    form = document.copy_foreign(files[layer["file"]].pages[layer["number"]].as_form_xobject())
    form.Matrix = Array([round(value, 6) for value in layer["matrix"]])
    resources = _copy_of(page.obj, Name.Resources)
    pictures = _copy_of(resources, Name.XObject)
    name = next(name for number in range(len(pictures.keys()) + 1) if (name := f"{_LAYER}{number}") not in pictures)
    pictures[name] = form
    resources.XObject = pictures
    page.obj.Resources = resources
    page.contents_add(f"q {name} Do Q\n".encode("ascii"), prepend=True)


def _copy_of(owner: Any, key: Name) -> Dictionary:
    """A copy of a dictionary in another, which pages may share."""
    found = owner.get(key)
    return Dictionary(dict(found.items())) if isinstance(found, Dictionary) else Dictionary()


def _add_structure(document: Pdf, pages: Sequence[PageJob]) -> None:
    """Add the structure of a document whose pages are all ours, if they have any (PDF 1.7, 14.7)."""
    if not any(page["tags"] for page in pages):
        return
    root = document.make_indirect(Dictionary(Type=Name.StructTreeRoot))
    whole = document.make_indirect(Dictionary(Type=Name.StructElem, S=Name.Document, P=root, K=Array()))
    parents = Array()
    goes_on = False
    for number, (page, target) in enumerate(zip(pages, document.pages, strict=True)):
        target.obj.StructParents = number
        elements = Array()
        for content, tag in enumerate(page["tags"]):
            if not goes_on:
                kind = Name(f"/{tag['tag']}")
                whole.K.append(document.make_indirect(Dictionary(Type=Name.StructElem, S=kind, P=whole, K=Array())))
            whole.K[-1].K.append(Dictionary(Type=Name.MCR, Pg=target.obj, MCID=content))
            elements.append(whole.K[-1])
            goes_on = tag["goes_on"]
        parents.append(number)
        parents.append(document.make_indirect(elements))
    root.K, root.ParentTree = whole, document.make_indirect(Dictionary(Nums=parents))
    root.ParentTreeNextKey = len(pages)
    document.Root.StructTreeRoot = root
    document.Root.MarkInfo = Dictionary(Marked=True)


def _describe(document: Pdf, job: DocumentJob) -> None:
    document.docinfo[Name.Title] = job["title"]
    document.docinfo[Name.Producer] = job["producer"]
    if job["language"]:
        document.Root.Lang = pikepdf.String(job["language"])


def _remove_invisible_text(pdf: Pdf, page: Page) -> None:
    """Remove the invisible text of a page and of the forms it draws; content without any is not touched."""
    for scope in page.content_scopes(kinds=("page", "form")):
        instructions = list(pikepdf.parse_content_stream(scope.content))
        kept = list(_visible(instructions))
        if len(kept) == len(instructions) and all(a is b for a, b in zip(kept, instructions, strict=True)):
            continue
        content = pikepdf.unparse_content_stream(kept)
        if scope.kind == "page":
            page.obj.Contents = pdf.make_stream(content)
        else:
            scope.content.write(content)


def _visible(instructions: Sequence[Any]) -> Iterator[Any]:
    mode, outer = 0, list[int]()
    for instruction in instructions:
        operator = str(instruction.operator)
        if operator == "q":
            outer.append(mode)
        elif operator == "Q" and outer:
            mode = outer.pop()
        elif operator == "Tr" and instruction.operands:
            mode = int(instruction.operands[0])
        if mode != INVISIBLE or operator not in _SHOWS:
            yield instruction
        elif operator in ("'", '"'):
            yield pikepdf.ContentStreamInstruction([], Operator("T*"))
