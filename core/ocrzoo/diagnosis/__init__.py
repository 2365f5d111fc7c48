"""``ocrzoo models doctor``: why an exported model reads worse than in training, by trying what else may be meant."""
