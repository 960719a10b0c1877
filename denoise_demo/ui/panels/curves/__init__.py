"""Metrics over the noise level, as the benchmark measured them."""
