"""From clean to noisy: noise with its blur, mixtures, evaluation points."""
