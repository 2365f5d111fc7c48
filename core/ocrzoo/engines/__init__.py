"""Inference engines, one module each, with a common protocol."""
