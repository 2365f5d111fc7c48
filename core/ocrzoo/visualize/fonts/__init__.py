"""Fonts: which files there are, which characters each can draw, and where to download one."""
