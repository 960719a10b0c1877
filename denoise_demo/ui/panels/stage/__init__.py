"""The live stage: clean, noisy and denoised picture, error map, drawing pad and dreams."""
