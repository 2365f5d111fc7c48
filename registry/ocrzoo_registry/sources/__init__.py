"""The weight sources that come with ocrzoo, one a module."""
