"""Checks of what comes from outside, and files written whole or not at all."""
