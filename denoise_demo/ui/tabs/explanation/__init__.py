"""How it works."""
