"""What mirrors and bundles exchange: the index of models, its signature, bundle files."""
