"""Languages: tags, alphabets, charset coverage, and the choice of models."""
