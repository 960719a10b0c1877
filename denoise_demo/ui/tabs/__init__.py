"""The tabs of the page: one folder each."""
