"""The page's terms in plain words, shown where a term stands."""

GLOSSARY: dict[str, str] = {
    "psnr": "Peak signal-to-noise ratio, in decibels: how close a picture is to the clean one. "
    "10 dB more is a tenth of the squared error. Higher is better.",
    "ssim": "Structural similarity: whether edges and contrast are those of the clean picture. "
    "1 is identical. Higher is better.",
    "mae": "Mean absolute error: how far a pixel is from the clean one on average, where white is "
    "1. Lower is better.",
    "gain": "The PSNR that denoising adds: how many decibels closer to the clean picture the "
    "result is than the noisy picture.",
    "clipping": "Noise can push a pixel below black or above white. Clipped, it stops at black or "
    "white before the network sees it; not clipped, the network gets it as it is.",
}
