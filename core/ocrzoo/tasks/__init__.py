"""Pre- and post-processing as pure functions on arrays: no files, no engine.

The rules are PaddleX 3.7.2's, number for number, because the answers depend on them.
"""
