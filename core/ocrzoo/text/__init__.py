"""Text analysis of lines: scripts, language identification, routing, words and bidirectional order."""
