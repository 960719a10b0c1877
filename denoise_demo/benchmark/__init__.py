"""How good a denoiser is: metrics, scores of many pictures, and the results on disk."""

from denoise_demo.benchmark.article import AUTOENCODER, BASELINES, GAN, KINDS, MISTAKES, PLACES
from denoise_demo.benchmark.evaluation import BATCH, evaluate
from denoise_demo.benchmark.metrics import (
    METRICS,
    MetricSpec,
    Score,
    live_metrics,
    mae,
    psnr,
    scores_of,
    ssim,
)
from denoise_demo.benchmark.results import RESULTS_FILE, load_results
from denoise_demo.benchmark.rows import (
    COMMAND,
    NOTHING,
    ArticleRow,
    Estimate,
    PointRow,
    Results,
    ResultsError,
    SweepRow,
)

__all__ = [
    "AUTOENCODER",
    "BASELINES",
    "BATCH",
    "COMMAND",
    "GAN",
    "KINDS",
    "METRICS",
    "MISTAKES",
    "NOTHING",
    "PLACES",
    "RESULTS_FILE",
    "ArticleRow",
    "Estimate",
    "MetricSpec",
    "PointRow",
    "Results",
    "ResultsError",
    "Score",
    "SweepRow",
    "evaluate",
    "live_metrics",
    "load_results",
    "mae",
    "psnr",
    "scores_of",
    "ssim",
]
