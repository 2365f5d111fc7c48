"""Numeric precision: what is asked for, what a model's figures allow on this machine, and int8 networks made here."""
