"""Export formats: plain text, TSV, hOCR, ALTO and searchable PDF, one module each; ``pdf_parts`` has those of PDF."""

from __future__ import annotations

SUFFIXES = {"txt": ".txt", "tsv": ".tsv", "hocr": ".hocr", "alto": ".xml", "pdf": ".pdf"}
"""File suffix by format; here so that the command line need not import the renderers."""
