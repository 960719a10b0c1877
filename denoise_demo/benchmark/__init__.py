"""Quality of denoisers: `python -m denoise_demo.benchmark` measures all of them.

`METRICS` is the registry of metrics; `evaluate` returns one denoiser's mean scores. The command
writes weights/results.json, which `load_results` reads and checks, and docs/results.md. `article`
reproduces the benchmark of article S4 with its mistakes. May import common, corruption, networks,
data and denoisers.
"""

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
