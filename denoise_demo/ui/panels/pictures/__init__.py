"""The tabs that choose the laboratory's picture, and the crop box of a photo."""
