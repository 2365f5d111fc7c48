"""Visualization of results: boxes, captions, and the fonts to draw them with."""
