"""The figures of the blind networks: their expected errors, and digits they dream."""

import math

from denoise_demo.benchmark import load_results
from denoise_demo.data import DOMAINS
from denoise_demo.figures.canvas import Row
from denoise_demo.figures.charts import Curve, Plot
from denoise_demo.figures.contents import Curves, Panels, Subject


def reliability(_: Subject) -> Curves:
    """Show the actual against the expected error, for groups of values by expected error.

    Raises:
        ResultsError: when the benchmark has not measured it with these weights.
    """
    measured = load_results()
    rows = measured.calibration
    if not rows:
        raise measured.lacks("calibration")
    plots = [
        Plot(
            spec.label,
            [Curve(row.point, row.expected, row.actual) for row in rows if row.domain == domain],
            ("expected error", "actual error"),
        )
        for domain, spec in DOMAINS.items()
    ]
    return Curves(
        plots,
        "Root mean square error of a value, black being 0 and white 1. Each dot is a tenth "
        "of all values of the test pictures at an evaluation point, sorted by expected error, "
        "which is never below 0.01. Both axes are logarithmic.",
    )


def sheet(subject: Subject) -> Panels:
    """Lay out dreamt digits in a square."""
    side = math.isqrt(len(subject.clean))
    rows = [Row("", digits) for digits in subject.clean.chunk(side)]
    return Panels([], rows, subject.source, subject.denoiser)
