"""Inputs: everything a user can point at, turned into pages, each read when its turn comes.

Files from outside are not trusted: their kind is told by their content, their size is looked at before they are
decoded, PDF files are opened in a process of their own, downloads are bounded in time, size and redirects, and a
page that cannot be read is that page's error alone.
"""

from __future__ import annotations

from ocrzoo.inputs.arrays import from_array
from ocrzoo.inputs.images import decode, read_image
from ocrzoo.inputs.iter_pages import SUFFIXES, Input, count_pages, pages
from ocrzoo.inputs.page import Page

__all__ = ["SUFFIXES", "Input", "Page", "count_pages", "decode", "from_array", "pages", "read_image"]
