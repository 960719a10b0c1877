"""The benchmark's results: rows of scores, and the weights and data they were measured with."""

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from denoise_demo.corruption import Corruption, Mixture

COMMAND = "python -m denoise_demo.benchmark --data-dir DATA"
NOTHING = "noisy"  # the denoiser id in rows that score the noisy pictures themselves
LISTS = ("rows", "sweep", "article", "calibration")  # the lists of rows in Results


class ResultsError(ValueError):
    """Results are missing, damaged or out of date; the message says what to do."""


class Estimate(NamedTuple):
    """A mean and the ends of its 95 % interval; all None where the mean is infinite."""

    mean: float | None
    low: float | None
    high: float | None


class Row(BaseModel):
    """One denoiser in one domain; NOTHING for doing nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    domain: str
    denoiser: str


class Scored(Row):
    """A row with scores over `n` pictures: `psnr`, `psnr_low`, `psnr_high` and so on."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, float | None]
    n: int

    def score(self, name: str) -> Estimate | None:
        """Return a score by its name; None when it was not measured."""
        scores = self.__pydantic_extra__
        if name not in scores:
            return None
        return Estimate(scores[name], scores.get(f"{name}_low"), scores.get(f"{name}_high"))


class PointRow(Scored):
    """Scores at an evaluation point."""

    point: str


class SweepRow(Scored):
    """Scores at one level of one kind of noise."""

    kind: str
    level: float


class ArticleRow(Row):
    """A mean absolute error as the article computed it; see `article`."""

    point: str
    mae: float


class CalibrationRow(Row):
    """Expected and actual root mean square errors at a point, by groups of equal size."""

    point: str
    expected: list[float]
    actual: list[float]


class Results(BaseModel):
    """All measurements, and their conditions.

    `weights` holds the SHA-256 of each weight file, `points` and `sweeps` (by kind of noise, at
    level 0) the definitions of the names in the rows, `data` the SHA-256 of each domain's data
    set. `left_out` says which rows of the file were out of date.
    """

    model_config = ConfigDict(extra="forbid")
    plan: str = ""
    noise_seed: int
    resamples: int
    weights: dict[str, str]
    points: dict[str, Corruption | Mixture]
    sweeps: dict[str, Corruption]
    data: dict[str, list[str]] = {}
    rows: list[PointRow] = []
    sweep: list[SweepRow] = []
    article: list[ArticleRow] = []
    calibration: list[CalibrationRow] = []
    left_out: list[str] = Field(default=[], exclude=True)

    def at_points(self, domain: str) -> dict[tuple[str, str], PointRow]:
        """Return a domain's rows by denoiser and point."""
        return {(row.denoiser, row.point): row for row in self.rows if row.domain == domain}

    def lacks(self, what: str) -> ResultsError:
        """Return the error for missing results, with the reason if it is known."""
        why = f" ({'; '.join(self.left_out)})" if self.left_out else ""
        return ResultsError(f"results.json has no {what}{why}: run {COMMAND}")
