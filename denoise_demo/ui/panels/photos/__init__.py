"""Photographs of any size: a live window on the photo, and the whole of it in tiles."""
