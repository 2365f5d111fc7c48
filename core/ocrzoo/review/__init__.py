"""``ocrzoo review``: a local page on which a person corrects what was read, the most doubtful lines first."""
