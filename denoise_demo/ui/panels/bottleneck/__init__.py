"""The bottleneck: codes between encoder and decoder, and editing them."""
