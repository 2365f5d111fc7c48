"""How a model's files become a network that runs: the engines to try, loading, and the check of what was loaded."""
