"""The tables of photographs in docs/results.md."""

from collections.abc import Iterable, Mapping, Sequence

from denoise_demo.benchmark.rows import NOTHING, Estimate, Results
from denoise_demo.corruption import NOISES

COMMAND = "python -m denoise_demo.benchmark.photographs --data-dir DATA"
POINTS = ("gaussian-15", "gaussian-25", "gaussian-50")
TITLES = {
    "cbsd68": "CBSD68: 68 colour pictures of the Berkeley set, 481 x 321",
    "kodak24": "Kodak24: 24 colour pictures of Kodak, 500 x 500",
}
RESTORMER = "Zamir et al. 2022, arXiv:2111.09881, table of one model for all levels"
ZHANG = "Zhang et al. 2018, arXiv:1710.04026"
# Set -> method -> whether it is told sigma, mean PSNR at sigma 15, 25 and 50, source.
Published = Mapping[str, Mapping[str, tuple[bool, tuple[float, float, float], str]]]
PUBLISHED: Published = {
    "cbsd68": {
        "CBM3D": (True, (33.52, 30.71, 27.38), ZHANG),
        "CDnCNN-B": (False, (33.89, 31.23, 27.92), ZHANG),
        "FFDNet": (True, (33.87, 31.21, 27.96), RESTORMER),
        "DRUNet": (True, (34.30, 31.69, 28.51), RESTORMER),
        "SwinIR": (
            True,
            (34.41, 31.76, 28.53),
            "MMagic with the authors' weights, one network for each level",
        ),
        "Restormer": (False, (34.40, 31.79, 28.60), RESTORMER),
    },
    "kodak24": {
        "FFDNet": (True, (34.63, 32.13, 28.98), RESTORMER),
        "DRUNet": (True, (35.31, 32.89, 29.86), RESTORMER),
        "SwinIR": (
            True,
            (35.36, 32.90, 29.81),
            "MMagic with the authors' weights, one network for each level",
        ),
        "Restormer": (False, (35.47, 33.04, 30.01), RESTORMER),
    },
}
HEAD = f"""## Photographs

`blind-photos` and every filter on photographs that nothing was trained or chosen on.
PSNR in dB, in colour; Gaussian noise of sigma 15, 25 and 50 of 255 is added and not clipped, as in
the literature; results are limited to 0 to 255, and "doing nothing" too.
± is half of the 95 % bootstrap interval, the best *measured* value of a column is **bold**.
`blind-photos` is told neither the kind nor the level of the noise; the filters, whose settings were
chosen for small pictures, are told its standard deviation where they use it. Published numbers are
their authors' and were not measured here.

```sh
{COMMAND}
```

The rows are in [results-photos.json](../weights/results-photos.json). `--bm3d` adds CBM3D, told
sigma, on the crops with Gaussian noise; its package is free for non-commercial use only.
"""


def sections(results: Results) -> list[str]:
    """Return the sections on photographs; none where nothing was measured."""
    if not results.rows:
        return []
    parts = [HEAD]
    for name, title in TITLES.items():
        if rows := results.at_points(name):
            names = list(dict.fromkeys(row.denoiser for row in results.rows if row.domain == name))
            columns = {p: {n: rows[n, p].score("psnr") for n in names} for p in POINTS}
            columns["clean"] = {n: rows[n, "clean"].score("psnr") for n in names}
            heads = ["sigma 15", "sigma 25", "sigma 50", "no noise"]
            parts += [f"### {title}\n", _table(names, heads, list(columns.values()))]
            parts += ["Published:\n", _published(name)]
    if results.sweep:
        parts += ["### Every kind of noise at three levels\n", _opening(results)]
        parts += [_sweep(results, kind) for kind in dict.fromkeys(r.kind for r in results.sweep)]
    return parts


def _opening(results: Results) -> str:
    count = results.sweep[0].n
    return (
        f"Mean PSNR on {count} crops of 192 x 192 pixels, the middles of {count} pictures of\n"
        "CBSD68; the noise is not clipped. Two weaknesses of `blind-photos` show. It can take\n"
        "weak uniform noise for one-sided noise, and darkens the picture by the half-range (six\n"
        "crops at 0.1, two at 0.3): there a filter that is told the deviation is better on\n"
        "average. And a median of 3 x 3 is better at a tenth of salt & pepper.\n"
    )


def _sweep(results: Results, kind: str) -> str:
    """Return the table of one kind of noise."""
    rows = {(r.denoiser, r.level): r for r in results.sweep if r.kind == kind}
    names = list(dict.fromkeys(name for name, _ in rows))
    levels = list(dict.fromkeys(level for _, level in rows))
    spec = NOISES[kind]
    columns = [{n: rows[n, level].score("psnr") for n in names} for level in levels]
    heads = [f"{spec.level_name} {level:.3g}" for level in levels]
    return f"**{spec.label}**\n\n{_table(names, heads, columns)}"


def _table(
    names: Sequence[str], heads: Sequence[str], columns: Sequence[Mapping[str, Estimate | None]]
) -> str:
    lines = [_line(["denoiser", *heads]), "|---" * (len(heads) + 1) + "|"]
    best = [
        max((e.mean for e in column.values() if e and e.mean is not None), default=None)
        for column in columns
    ]
    for name in names:
        cells = [_cell(column[name], top) for column, top in zip(columns, best, strict=True)]
        lines.append(_line(["doing nothing" if name == NOTHING else f"`{name}`", *cells]))
    return "\n".join(lines) + "\n"


def _cell(estimate: Estimate | None, best: float | None) -> str:
    if estimate is None:
        return ""
    if estimate.mean is None or estimate.low is None or estimate.high is None:
        return "∞"
    text = f"{estimate.mean:.2f} ± {(estimate.high - estimate.low) / 2:.2f}"
    return f"**{text}**" if estimate.mean == best else text


def _published(name: str) -> str:
    heads = ["method", "told sigma", "sigma 15", "sigma 25", "sigma 50", "source"]
    lines = [_line(heads), "|---" * len(heads) + "|"]
    for method, (told, values, source) in PUBLISHED[name].items():
        numbers = [f"{value:.2f}" for value in values]
        lines.append(_line([method, "yes" if told else "no", *numbers, source]))
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
