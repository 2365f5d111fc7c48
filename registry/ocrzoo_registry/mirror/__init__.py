"""Mirrors: a directory of models that any static web server serves to ocrzoo, the hubs' own clients and PaddleX."""
