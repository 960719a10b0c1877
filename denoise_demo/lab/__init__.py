"""One experiment, and what the page builds from experiments."""
