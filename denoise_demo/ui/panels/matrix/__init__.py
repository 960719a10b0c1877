"""Every denoiser against many corruptions, as the benchmark measured them."""
