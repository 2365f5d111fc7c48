"""``ocrzoo export``: verified model files, laid out as programs on phones and in browsers take them.

:data:`~ocrzoo.model_export.targets.TARGETS` is the table of these programs; a module or package of this room lays out
the files of one or several, and :mod:`~ocrzoo.model_export.export` does what is the same for all: it resolves models,
stages the folder, checks the digests of what was written, and writes the parity report.
"""
