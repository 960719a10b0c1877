"""Training a recipe."""
