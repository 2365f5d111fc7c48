"""Cards, plugin host, catalog, sources, resolver and store; imports no numpy, OpenCV or engine."""
