"""The catalog as a static site: a page for each model, an index, languages, and accuracy against cost."""
