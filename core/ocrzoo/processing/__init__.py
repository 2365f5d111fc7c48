"""Pre- and post-processing on arrays, without files, engines or the registry."""
