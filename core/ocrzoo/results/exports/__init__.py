"""Documents made of results: text, TSV, hOCR, ALTO, searchable PDF."""
