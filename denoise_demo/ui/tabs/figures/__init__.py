"""The articles' figures for any denoiser and any pictures."""
