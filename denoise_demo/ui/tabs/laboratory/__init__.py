"""The laboratory: controls, views and pictures."""
