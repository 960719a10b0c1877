"""Vega-Lite charts: scores over the noise level from the benchmark, losses over the epochs."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypedDict

import altair as alt

from denoise_demo.benchmark import COMMAND, NOTHING, ResultsError, Score, SweepRow, scores_of
from denoise_demo.common import lookup
from denoise_demo.corruption import NOISES, NoiseSpec
from denoise_demo.denoisers import list_denoisers
from denoise_demo.figures.charts import HUES, MOST

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"  # what Gradio's page draws
WIDTH, HEIGHT = 1000, 420  # pixels; the page sets the width
HIGHEST = {"psnr": 40.0}  # the end of the axis: errors above it are invisible
FEW = 16  # with fewer epochs, each is marked
GREY, HERE, WORSE = "#94a3b8", "#0d9488", "#d97706"


Values = Mapping[str, object]
VegaChart = alt.LayerChart


class Epoch(TypedDict):
    """One epoch of a training."""

    epoch: int
    train_loss: float
    validation_loss: float


class Place(TypedDict):
    """A point of a curve: a denoiser's score at a level, with its interval."""

    denoiser: str
    name: str
    level: float
    value: float
    low: float
    high: float


def level_curves(
    sweep: Sequence[SweepRow],
    kind: str,
    metric: str,
    shown: Collection[str],
    here: float | None = None,
) -> VegaChart:
    """Return a chart of a score against the level of one kind of noise.

    Every denoiser is a grey line; those in `shown` are in colour, with their 95 % intervals. The
    area below doing nothing is shaded.

    Args:
        sweep: the benchmark's rows of one domain, for every kind and level of noise.
        kind: a key of NOISES.
        metric: a key of `scores_of` the domain.
        shown: ids of at most MOST denoisers.
        here: the level to mark.

    Raises:
        ValueError: for an unknown noise or score, or too many denoisers.
        ResultsError: when nothing was measured for them.
    """
    spec, score = lookup(NOISES, kind, "noise"), lookup(scores_of("digits"), metric, "score")
    for key in shown:
        lookup(list_denoisers(), key, "recipe or filter")
    if len(shown) > MOST:
        raise ValueError(f"{len(shown)} lines in colour: choose at most {MOST}")
    places = [place for row in sweep if row.kind == kind and (place := _place(row, metric))]
    if not places:
        raise ResultsError(
            f"there is no {score.label} for {spec.name} noise here: "
            f"choose another, or run {COMMAND}"
        )
    least, most = min(place["low"] for place in places), max(place["high"] for place in places)
    top = min(most, HIGHEST.get(metric, most))
    scale = alt.Scale(domain=[least, top], nice=False, zero=False)
    value = alt.Y("value:Q", title=score.axis, scale=scale)
    band = alt.Y("low:Q", title=score.axis, scale=scale)
    colour = _colour(shown)
    curves, below = alt.Chart(), _chart(_below_nothing(sweep, kind, metric, top))
    inside = curves.transform_filter(alt.FieldOneOfPredicate("denoiser", list(shown)))
    nothing = curves.transform_filter(alt.FieldEqualPredicate(NOTHING, "denoiser"))
    layers = [
        below.mark_area(color=WORSE, opacity=0.12).encode(y=value, y2=alt.datum(least)),
        curves.mark_line(color=GREY, opacity=0.45, strokeWidth=1, clip=True).encode(
            y=value, detail="denoiser:N"
        ),
        nothing.mark_line(color=GREY, strokeDash=[6, 4], strokeWidth=2, clip=True).encode(y=value),
        inside.mark_area(opacity=0.2, clip=True).encode(y=band, y2="high", color=colour),
        inside.mark_line(strokeWidth=2, clip=True).encode(y=value, color=colour),
        _nearest(value, _tooltip(spec, score)),
    ]
    if here is not None:
        mark = _chart([{"level": here}])
        layers.append(mark.mark_rule(color=HERE, strokeWidth=2))
        layers.append(mark.mark_text(text="you are here", color=HERE, y=-8, fontSize=12))
    return _layered(layers, places, _level_axis(spec))


def loss_curves(history: Sequence[Epoch], loss: str) -> VegaChart:
    """Return a chart of the training and the validation loss over the epochs.

    Args:
        history: one record per epoch.
        loss: the loss in words, for the axis.
    """
    rows = [
        {"epoch": record["epoch"], "loss": value, "of": name}
        for record in history
        for name, value in (
            ("training", record["train_loss"]),
            ("validation", record["validation_loss"]),
        )
    ]
    names = ["training", "validation"]
    x = alt.X("epoch:Q", title="epoch", axis=_axis(whole=True))
    y = alt.Y("loss:Q", title=loss, scale=alt.Scale(zero=False))
    legend = alt.Legend(orient="top", symbolStrokeWidth=3)  # shared, or Vega warns
    colours, dashes = list(HUES[:2]), [[1, 0], [6, 3]]
    colour = alt.Color(
        "of:N", title=None, scale=alt.Scale(domain=names, range=colours), legend=legend
    )
    dash = alt.StrokeDash(
        "of:N", title=None, scale=alt.Scale(domain=names, range=dashes), legend=legend
    )
    tooltip = [
        alt.Tooltip("of:N", title="loss"),
        alt.Tooltip("epoch:Q"),
        alt.Tooltip("loss:Q", title=loss, format=".4f"),
    ]
    line = alt.Chart().mark_line(strokeWidth=2, point=len(history) < FEW)
    lines = line.encode(y=y, color=colour, strokeDash=dash)
    return _layered([lines, _nearest(y, tooltip)], rows, x)


def _nearest(y: alt.Y, tooltip: list[alt.Tooltip]) -> alt.Chart:
    """Return the layer that marks the point nearest the pointer, with a tooltip."""
    near = alt.selection_point("near", nearest=True, on="pointerover", clear="pointerout")
    shown = alt.when(near, empty=False).then(alt.value(1)).otherwise(alt.value(0))
    point = alt.Chart().mark_point(filled=True, size=70, color=HERE, clip=True)
    layer: alt.Chart = point.encode(y=y, tooltip=tooltip, opacity=shown).add_params(near)
    return layer


def _layered(layers: list[alt.Chart], values: Sequence[Values], x: alt.X) -> VegaChart:
    """Combine layers with a common x axis and common values."""
    chart = alt.layer(*layers, data=_data(values)).encode(x=x)
    size = {"width": WIDTH, "height": HEIGHT, "background": "transparent"}
    return chart.properties(**size, **{"$schema": SCHEMA})


def _chart(values: Sequence[Values]) -> alt.Chart:
    """Return a layer with separate values."""
    return alt.Chart(_data(values))


def _data(values: Sequence[Values]) -> alt.Data:
    return alt.Data(values=values)  # type: ignore[no-untyped-call]


def _colour(shown: Collection[str]) -> alt.Color:
    """Return the colours of the lines in colour, with their legend."""
    names = [list_denoisers()[key].label for key in shown]
    legend = alt.Legend(
        orient="bottom",
        columns=alt.ExprRef("width < 500 ? 1 : 3"),
        labelLimit=260,
        labelFontSize=12,
        symbolOpacity=1,
        symbolStrokeWidth=3,
    )
    scale = alt.Scale(domain=names, range=list(HUES[: len(names)]))
    return alt.Color("name:N", title=None, scale=scale, legend=legend)


def _tooltip(spec: NoiseSpec, score: Score) -> list[alt.Tooltip]:
    form = f".{score.decimals}f"
    return [
        alt.Tooltip("name:N", title="denoiser"),
        alt.Tooltip("level:Q", title=spec.level_name),
        alt.Tooltip("value:Q", title=score.axis, format=form),
        alt.Tooltip("low:Q", title="95 % interval from", format=form),
        alt.Tooltip("high:Q", title="to", format=form),
    ]


def _level_axis(spec: NoiseSpec) -> alt.X:
    """Return the level axis, noise rising to the right; photon counts are logarithmic."""
    span = [spec.minimum, spec.maximum]
    falling = alt.Scale(type="log", reverse=True, domain=span, nice=False)
    scale = falling if spec.minimum > 0 else alt.Scale(domain=span)
    return alt.X("level:Q", title=f"{spec.level_name}: {spec.unit}", scale=scale, axis=_axis())


def _axis(*, whole: bool = False) -> alt.Axis:
    """Return an axis with few labels, on whole numbers if asked."""
    axis = alt.Axis(labelFlush=False, labelOverlap="greedy", labelSeparation=6)
    if whole:
        axis.tickMinStep, axis.format = 1, "d"
    return axis


def _below_nothing(
    sweep: Sequence[SweepRow], kind: str, metric: str, top: float
) -> list[dict[str, float]]:
    """Return the score of doing nothing at each level, at most `top`."""
    rows = [row for row in sweep if (row.denoiser, row.kind) == (NOTHING, kind)]
    scores = [(row.level, score) for row in rows if (score := row.score(metric))]
    return [
        {"level": level, "value": top if score.mean is None else min(top, score.mean)}
        for level, score in scores
    ]


def _place(row: SweepRow, metric: str) -> Place | None:
    """Return a row's point of a curve; None where the score is infinite or was not measured."""
    score, name = row.score(metric), row.denoiser
    if score is None or score.mean is None or score.low is None or score.high is None:
        return None
    label = "Doing nothing" if name == NOTHING else list_denoisers()[name].label
    return Place(
        denoiser=name,
        name=label,
        level=row.level,
        value=score.mean,
        low=score.low,
        high=score.high,
    )
