"""Pipelines: several models put together. :func:`ocrzoo.create_pipeline` makes them."""
