"""Inference engines, one a module, behind one protocol."""
