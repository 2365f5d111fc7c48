"""``ocrzoo compare``: several models on the same pages, line by line."""
