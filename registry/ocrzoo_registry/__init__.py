"""Cards, plugin host, catalogue, sources, resolver and store; imports no numpy, OpenCV or engine."""
