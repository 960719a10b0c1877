"""What every panel shares: request queue, pixels, theme and style, server helpers."""
