"""Models on this machine: manifests, lock file, maintenance."""
