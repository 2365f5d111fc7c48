"""Downloads: from a model card to verified files in the store."""
