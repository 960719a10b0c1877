"""A live laboratory for denoising autoencoders."""
