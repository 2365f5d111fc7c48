"""Which work runs when: pages that overlap, cores that are shared, calls that several pages share."""

PAGES_AT_ONCE = 2
"""Pages that a pipeline reads at once on each device: while one is in a network, Python works on another.

Each takes memory.
"""
