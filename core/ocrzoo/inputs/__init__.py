"""Inputs: paths, URLs, bytes and arrays as pages, each read on demand.

Files are untrusted: their type is detected from their content, their size is checked before they are decoded, PDF files
are opened in a separate process, downloads are limited in time, size and redirects, and a page that cannot be read
raises an error for that page only.
"""

from __future__ import annotations

from ocrzoo.installation import require_opencv

require_opencv()  # before the modules here import it

from ocrzoo.inputs.arrays import from_array
from ocrzoo.inputs.file_types import SUFFIXES
from ocrzoo.inputs.images import decode, read_image
from ocrzoo.inputs.iter_pages import Input, Password, count_pages, pages
from ocrzoo.inputs.options import InputOptions
from ocrzoo.inputs.page import Page

__all__ = [
    "SUFFIXES",
    "Input",
    "InputOptions",
    "Page",
    "Password",
    "count_pages",
    "decode",
    "from_array",
    "pages",
    "read_image",
]
