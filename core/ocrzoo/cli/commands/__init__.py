"""The commands of ``ocrzoo``, one a module."""
