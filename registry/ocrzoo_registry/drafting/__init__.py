"""Cards drafted from weights: their files, their ``inference.yml``, a repository's front matter, and the network."""
