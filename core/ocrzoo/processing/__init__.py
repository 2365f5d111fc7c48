"""Pre- and post-processing on arrays: no files, no engine, no registry."""
