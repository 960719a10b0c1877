"""The comparison: one noisy picture through every network of its domain and every filter."""
