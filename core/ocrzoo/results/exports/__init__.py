"""Export formats: text, Markdown, TSV, hOCR, ALTO and searchable PDF, a module each; ``pdf_parts`` has those of PDF."""

from __future__ import annotations

SUFFIXES = {"txt": ".txt", "md": ".md", "tsv": ".tsv", "hocr": ".hocr", "alto": ".xml", "pdf": ".pdf"}
"""File suffix by format; here so that the command line need not import the renderers."""
