"""Measurements of speed and designs; `python -m benchmarks.live` and so on, see README.md."""
