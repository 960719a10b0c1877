"""The page: one file per tab, and the live stage."""
