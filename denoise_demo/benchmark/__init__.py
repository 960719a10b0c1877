"""How good a denoiser is: metrics, scores, results."""
