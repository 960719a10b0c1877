"""Render the results as docs/results.md."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from denoise_demo.benchmark import photo_tables
from denoise_demo.benchmark.metrics import Score, scores_of
from denoise_demo.benchmark.results import PHOTO_RESULTS, RESULTS_FILE, load_results
from denoise_demo.benchmark.rows import COMMAND, NOTHING, PointRow, Results
from denoise_demo.common import write_atomically
from denoise_demo.corruption import Corruption, Mixture, points
from denoise_demo.denoisers import denoising_recipes, list_denoisers
from denoise_demo.networks import build, count_parameters

RESULTS_PAGE = RESULTS_FILE.parents[1] / "docs" / "results.md"
INFINITE = "∞"
PRECISE = {"mae": 5}  # decimals, where the page's number of decimals would hide differences
PICTURES = {
    "digits": "The 10,000 MNIST test digits.",
    "faces": "2,394 test faces (UTKFace, the last 25 % of the files).",
}
GROUPS = {  # the points of a table, by how their names begin
    "No noise, and every noise": ("clean", "blind"),
    "S0: blur, then uniform noise": ("s0",),
    "S1, S2 and S3": ("s1", "s2", "s3"),
    "S4": ("s4",),
}
HEAD = f"""# Results

Generated from [results.json](../weights/results.json) by `python -m denoise_demo.benchmark`: do not
edit it. `--docs-only` rewrites this page without measuring.

## What is measured, and how

- Every network and filter is measured at every evaluation point of
  [points.py](../denoise_demo/corruption/points.py), on the same pictures with the same noise. The
  point `blind` mixes every noise of the page at every level, with and without blur, clipped or not;
  `blind-beyond` does so up to 1.2 times the page's largest levels.
- Each number is a mean over the pictures; ± is half of its 95 % bootstrap interval. The best of a
  column is **bold**. Arrows go from the noisy picture to the denoised one.
- **PSNR** (dB) and **SSIM** (0 to 1) are higher for better pictures, **MAE** (mean absolute error
  of a channel value, black being 0 and white 1) and **BCE** (binary cross-entropy, nats) lower.
  **Accuracy** is the share of denoised digits that a classifier, trained on clean digits, gets
  right.
- {INFINITE} is the PSNR where at least one picture equals its original; results.json has `null`.
  At `clean`, filters that are given the noise's standard deviation, 0, return their input.
- ¹ marks slow filters, measured on every tenth digit and every second face.
- `noisy` in results.json, "doing nothing" here, is the noisy picture itself.

The command for every number on this page:

```sh
{COMMAND}
```

It takes about 35 minutes on two cores. `--resume` continues a stopped run; `--domain digits` needs
no faces and keeps their rows. The command also measures every denoiser at twelve levels of every
noise on every tenth picture (the page's *Curves* and *Matrix*), the expected errors of the blind
networks, and the speeds in `benchmarks/speed.json`. results.json records the weights, the points
and the pictures it was measured with; rows whose weights or point have changed since are left out.

## Findings

- Wherever there is noise, at every point and at every level of every noise, the blind networks have
  the best PSNR (except for digits that a filter returns unchanged, whose PSNR is infinite), and
  `blind-faces` the best SSIM and MAE as well.
- Each article's network removes the noise it was trained on and often harms other pictures: most
  make a clean digit worse.
- S4 concluded that its autoencoder is the worst and its GAN up to 1200 % better. That comes from
  four mistakes in its notebook; *Figures* on the page shows the comparison computed
  correctly, computed with the mistakes, and as published.
- Where our training differs from an article's, and why: [articles](articles.md).
"""

Rows = Mapping[tuple[str, str], PointRow]


def write_page(results: Results, path: Path = RESULTS_PAGE) -> None:
    """Write docs/results.md."""
    write_atomically(path, render(results).encode())


def render(results: Results) -> str:
    """Return the text of docs/results.md; denoisers that were not measured have no row."""
    parts = [HEAD]
    for domain, pictures in PICTURES.items():
        if rows := results.at_points(domain):
            parts += [f"## {domain.capitalize()}\n", f"{pictures}\n"]
            parts += _domain(rows, domain)
    if PHOTO_RESULTS.exists():
        parts += photo_tables.sections(load_results(PHOTO_RESULTS))
    parts += [f"Left out as out of date: {note}.\n" for note in results.left_out]
    return "\n".join(parts)


def _domain(rows: Rows, domain: str) -> list[str]:
    """Return a domain's sections."""
    measured = [point for point in points(domain) if (NOTHING, point) in rows]
    names = [
        name
        for name in (NOTHING, *list_denoisers(domain))
        if any((name, p) in rows for p in measured)
    ]
    parts = ["### Each network at the point it was trained for\n", _own_points(rows, domain)]
    parts += ["### PSNR at every point, in dB\n"]
    for title, some in _groups(measured).items():
        parts += [f"**{title}**\n", _psnr_table(rows, names, some)]
    parts += ["### All scores at every point\n"]
    for point in measured:
        parts.append(_details(rows, names, point, domain))
    return parts


def _groups(measured: Sequence[str]) -> dict[str, list[str]]:
    """Group points into tables; points in no group share the last one."""
    groups: dict[str, list[str]] = {}
    for point in measured:
        known = (title for title, starts in GROUPS.items() if point.startswith(starts))
        groups.setdefault(next(known, "Others"), []).append(point)
    return groups


def _own_points(rows: Rows, domain: str) -> str:
    """Return each network's scores at the point that its recipe names."""
    second = "accuracy" if domain == "digits" else "mae"
    score = scores_of(domain)[second]
    heads = ["network", "article", "parameters", "trained on", "at", "PSNR, dB", score.axis]
    heads += ["accuracy on clean"] if domain == "digits" else []
    lines = [_line(heads), "|---" * len(heads) + "|"]
    decimals = _decimals(second, score)
    for name, recipe in denoising_recipes(domain).items():
        before, after = (rows.get((key, recipe.point)) for key in (NOTHING, name))
        if not (before and after):
            continue
        cells = [f"`{name}`", recipe.article, f"{count_parameters(build(recipe.model)):,}"]
        cells += [recipe.corruption.describe(), f"`{recipe.point}`"]
        cells += [f"{_number(before, 'psnr', 2)} → {_with_half(after, 'psnr', 2)}"]
        cells += [" → ".join(_number(row, second, decimals) for row in (before, after))]
        if domain == "digits":
            clean = [rows.get((key, "clean")) for key in (NOTHING, name)]
            cells += [" → ".join(_number(row, "accuracy", 3) if row else "" for row in clean)]
        lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def _psnr_table(rows: Rows, names: Sequence[str], some: Sequence[str]) -> str:
    """Return the PSNR of every denoiser at some points, the best of each in bold."""
    lines = [_line(["denoiser", *(f"`{point}`" for point in some)]), "|---" * (len(some) + 1) + "|"]
    best = {point: _best_value(rows, names, point, "psnr", 1) for point in some}
    for name in names:
        cells = [_title(name)]
        for point in some:
            row = rows.get((name, point))
            text = _number(row, "psnr", 2) if row else ""
            cells.append(_bold(text, row, "psnr", 1, best[point]) + _fewer_mark(rows, name, point))
        lines.append(_line(cells))
    return "\n".join(lines) + "\n"


def _details(rows: Rows, names: Sequence[str], point: str, domain: str) -> str:
    """Return all scores at one point with their intervals, collapsed."""
    scores = scores_of(domain)
    lines = [_line(["denoiser", *(score.axis for score in scores.values())])]
    lines += ["|---" * (len(scores) + 1) + "|"]
    signs = {key: 1 if score.higher_is_better else -1 for key, score in scores.items()}
    best = {key: _best_value(rows, names, point, key, sign) for key, sign in signs.items()}
    for name in names:
        if row := rows.get((name, point)):
            texts = {key: _with_half(row, key, _decimals(key, s)) for key, s in scores.items()}
            cells = [_bold(text, row, key, signs[key], best[key]) for key, text in texts.items()]
            lines.append(_line([_title(name) + _fewer_mark(rows, name, point), *cells]))
    summary = f"<summary><code>{point}</code>: {_described(points(domain)[point])}</summary>"
    return "\n".join(["<details>", summary, "", *lines, "", "</details>", ""])


def _described(corruption: Corruption | Mixture) -> str:
    return "no noise" if corruption == Corruption("none") else corruption.describe()


def _title(name: str) -> str:
    return "doing nothing" if name == NOTHING else f"`{name}`"


def _fewer_mark(rows: Rows, name: str, point: str) -> str:
    """Return the mark of a row that was measured on fewer pictures than the noisy ones."""
    row = rows.get((name, point))
    return " ¹" if row and row.n != rows[NOTHING, point].n else ""


def _best_value(rows: Rows, names: Sequence[str], point: str, key: str, sign: int) -> float:
    values = [_value(rows[name, point], key, sign) for name in names if (name, point) in rows]
    return max(values)


def _value(row: PointRow, key: str, sign: int) -> float:
    """Return a score to compare by; an infinite PSNR is the best, an unmeasured score the worst."""
    score = row.score(key)
    if score is None:
        return float("-inf")
    return float("inf") if score.mean is None else sign * score.mean


def _bold(text: str, row: PointRow | None, key: str, sign: int, best: float) -> str:
    wins = row is not None and row.score(key) is not None and _value(row, key, sign) == best
    return f"**{text}**" if wins else text


def _number(row: PointRow, key: str, decimals: int) -> str:
    score = row.score(key)
    if score is None:
        return "not measured"
    return INFINITE if score.mean is None else f"{score.mean:.{decimals}f}"


def _with_half(row: PointRow, key: str, decimals: int) -> str:
    """Return a score with half of its interval."""
    score, text = row.score(key), _number(row, key, decimals)
    if score is None or score.low is None or score.high is None:
        return text
    return f"{text} ± {(score.high - score.low) / 2:.{decimals}f}"


def _decimals(key: str, score: Score) -> int:
    return PRECISE.get(key, score.decimals)


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
