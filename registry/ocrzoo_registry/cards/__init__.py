"""Model cards: their schema, their files, and the formats, charsets and configuration that they name."""
