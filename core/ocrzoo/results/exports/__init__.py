"""Documents made of results: text, TSV, hOCR, ALTO, searchable PDF."""

from __future__ import annotations

SUFFIXES = {"txt": ".txt", "tsv": ".tsv", "hocr": ".hocr", "alto": ".xml", "pdf": ".pdf"}
"""The suffix of each format's files; a table of its own so that the command line need not import what renders them."""
