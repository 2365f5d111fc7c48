"""``ocrzoo bench``: measure pipelines on pages, each configuration in a process of its own."""
