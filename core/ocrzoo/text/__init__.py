"""What lines say: scripts, languages, words, writing direction. Strings only, no arrays."""
