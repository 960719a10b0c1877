"""The page's terms in plain words, shown where a term stands.

A key with `-KIND` at its end explains the term for one kind of noise.
"""

from denoise_demo.corruption import NOISES

GLOSSARY: dict[str, str] = {
    "psnr": "Peak signal-to-noise ratio, in decibels: how close a picture is to the clean one. "
    "10 dB more is a tenth of the squared error. Higher is better.",
    "ssim": "Structural similarity: whether edges and contrast are those of the clean picture. "
    "1 is identical. Higher is better.",
    "mae": "Mean absolute error: how far a pixel is from the clean one on average, where white is "
    "1. Lower is better.",
    "bce": "Binary cross-entropy: how far a pixel is from the clean one, with confident mistakes "
    "counting most. Several of the articles train with it. Lower is better.",
    "accuracy": "The share of digits that the classifier reads right. Higher is better.",
    "gain": "The PSNR that denoising adds: how many decibels closer to the clean picture the "
    "result is than the noisy picture.",
    "interval": "How sure a mean is: measured again and again with other test pictures, 95 of 100 "
    "such bands would hold the true mean.",
    "clipping": "Noise can push a pixel below black or above white. Clipped, it stops at black or "
    "white before the network sees it; not clipped, the network gets it as it is.",
    "blur": "Before the noise, each pixel becomes a mean of its neighbours, weighted by a bell "
    "curve. Sigma is the width of that curve in pixels; 0 leaves the picture sharp.",
    "seed": "The number that the random numbers start from. One seed always gives the same "
    "pattern of noise, so that a drag changes its strength only.",
    "denoiser": "What removes the noise: a network, which has learnt it from examples, or a "
    "filter, a fixed rule such as the median of neighbouring pixels.",
    "label": "The digit that was written. A classifier, a second network that reads digits, reads "
    "each picture; its bars show how likely it finds 0 to 9.",
    "expected": "How wrong the network expects to be at each pixel, from the noisy picture alone: "
    "the standard deviation of its error. Where it is bright, the network is unsure.",
    "bottleneck": "The narrowest place of an autoencoder. What does not fit through it is lost: "
    "noise, but also detail.",
    "code": "What an autoencoder keeps of a picture at its bottleneck: a few numbers, called "
    "units, from which its second half draws the picture again.",
    "epoch": "One pass of the training through all its pictures.",
    "loss": "How wrong the network is on the pictures it trains with, as one number. Each step of "
    "the training changes the network a little so that it falls.",
    "validation": "Pictures that are kept out of the training. If the loss falls on the others "
    "only, the network learns them by heart instead of learning to denoise.",
    "rate": "How far each step of the training changes the network. Too small, and it learns "
    "slowly; too large, and it never settles.",
    "start": "The number that the training's random numbers start from. The same seed and choices "
    "give the same network.",
}
GLOSSARY |= {f"noise-{kind}": spec.lesson for kind, spec in NOISES.items()}
GLOSSARY |= {f"level-{kind}": spec.scale for kind, spec in NOISES.items()}
