"""Languages: tags, alphabets, and which model covers which."""
