"""Numeric precision: what is asked for, what a model's figures allow on this machine."""
