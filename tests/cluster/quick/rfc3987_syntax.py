"""Stands before a package of this name, whose import takes three seconds in each of Ray's many processes.

jsonschema does without it.
"""

raise ImportError("left out where Ray is tested")
