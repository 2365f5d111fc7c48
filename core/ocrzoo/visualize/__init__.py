"""Pictures of results: boxes, captions, and the fonts to write them in."""
