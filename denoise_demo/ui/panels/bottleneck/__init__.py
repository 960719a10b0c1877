"""The code between encoder and decoder, and codes moved by hand."""
