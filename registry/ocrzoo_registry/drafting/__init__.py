"""Cards drafted from weights: from their files, their ``inference.yml``, a repository's front matter, and the network."""
