"""The parts of a searchable PDF: pictures as their files have them, invisible text, pages of PDF files that are kept.

Nothing is imported here: :mod:`.process` is a program of its own, which needs few of the modules.
"""
