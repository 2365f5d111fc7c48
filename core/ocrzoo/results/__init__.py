"""Results: what a pipeline found, to print, save and draw."""
