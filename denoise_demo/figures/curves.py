"""Vega-Lite charts: scores over the noise level from the benchmark, losses over the epochs."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from denoise_demo.benchmark import ResultsError, scores_of
from denoise_demo.common import lookup
from denoise_demo.corruption import NOISES, NoiseSpec
from denoise_demo.denoisers import list_denoisers
from denoise_demo.figures.charts import HUES
from denoise_demo.lab import NOTHING

MOST = len(HUES)  # lines in colour
HEIGHT = 420  # pixels
HIGHEST = {"psnr": 40.0}  # what lies above is cut off: errors that nobody sees
FEW = 16  # epochs that are marked one by one
TICKS = {"labelFlush": False, "labelOverlap": "greedy", "labelSeparation": 6}
GREY, HERE, WORSE = "#94a3b8", "#0d9488", "#d97706"


def level_curves(
    sweep: Sequence[Mapping[str, Any]],
    kind: str,
    metric: str,
    shown: Collection[str],
    here: float | None = None,
) -> dict[str, Any]:
    """Return a chart of a metric against the level of one kind of noise.

    Every denoiser is a grey line, those in `shown` are in colour with their 95 % intervals. What
    lies below doing nothing is shaded.

    Args:
        sweep: the benchmark's rows of one domain, for every kind and level of noise.
        kind: of noise.
        metric: a key of `benchmark.scores_of` the rows' domain.
        shown: at most MOST ids of denoisers.
        here: the level to mark.

    Raises:
        ValueError: for an unknown noise or metric, or too many denoisers.
        ResultsError: when nothing was measured for them.
    """
    spec, score = lookup(NOISES, kind, "noise"), lookup(scores_of("digits"), metric, "metric")
    title, form = score.axis, f".{score.decimals}f"
    for key in shown:
        lookup(list_denoisers(), key, "recipe or filter")
    if len(shown) > MOST:
        raise ValueError(f"{len(shown)} lines in colour: choose at most {MOST}")
    rows = [
        _point(row, metric) for row in sweep if row["kind"] == kind and row.get(metric) is not None
    ]
    if not rows:
        raise ResultsError(f"there is no {title} for {spec.name} noise here: choose another")
    least, most = min(row["low"] for row in rows), max(row["high"] for row in rows)
    top = min(most, HIGHEST.get(metric, most))
    span = {"domain": [least, top], "nice": False, "zero": False}
    y = {"type": "quantitative", "title": title, "scale": span}
    x = {"field": "level", "type": "quantitative", "title": _axis(spec), "scale": _scale(spec)}
    tooltip = [
        {"field": "name", "title": "denoiser"},
        {"field": "level", "title": spec.level_name},
        {"field": "value", "title": title, "format": form},
        {"field": "low", "title": "95 % interval from", "format": form},
        {"field": "high", "title": "to", "format": form},
    ]
    names = [list_denoisers()[key].label for key in shown]
    colour = {
        "field": "name",
        "type": "nominal",
        "title": None,
        "scale": {"domain": names, "range": list(HUES[: len(names)])},
        "legend": {
            "orient": "bottom",
            "columns": {"expr": "width < 500 ? 1 : 3"},
            "labelLimit": 260,
            "labelFontSize": 12,
            "symbolOpacity": 1,
            "symbolStrokeWidth": 3,
        },
    }
    value, band = y | {"field": "value"}, y | {"field": "low"}
    inside = {"filter": {"field": "method", "oneOf": list(shown)}}
    nothing = {"filter": {"field": "method", "equal": NOTHING}}
    layers: list[dict[str, Any]] = [
        {
            "data": {"values": _below_nothing(sweep, kind, metric, top)},
            "mark": {"type": "area", "color": WORSE, "opacity": 0.12},
            "encoding": {"y": value, "y2": {"datum": least}},
        },
        {
            "mark": {
                "type": "line",
                "color": GREY,
                "opacity": 0.45,
                "strokeWidth": 1,
                "clip": True,
            },
            "encoding": {"y": value, "detail": {"field": "method"}},
        },
        {
            "transform": [nothing],
            "mark": {
                "type": "line",
                "color": GREY,
                "strokeDash": [6, 4],
                "strokeWidth": 2,
                "clip": True,
            },
            "encoding": {"y": value},
        },
        {
            "transform": [inside],
            "mark": {"type": "area", "opacity": 0.2, "clip": True},
            "encoding": {"y": band, "y2": {"field": "high"}, "color": colour},
        },
        {
            "transform": [inside],
            "mark": {"type": "line", "strokeWidth": 2, "clip": True},
            "encoding": {"y": value, "color": colour},
        },
        _pointed_at(value, tooltip),
    ]
    if here is not None:
        mark = {"data": {"values": [{"level": here}]}}
        rule = {"type": "rule", "color": HERE, "strokeWidth": 2}
        text = {"type": "text", "text": "you are here", "color": HERE, "y": -8, "fontSize": 12}
        layers += [mark | {"mark": rule}, mark | {"mark": text}]
    return _chart(rows, x, layers)


def loss_curves(history: Sequence[Mapping[str, Any]], loss: str) -> dict[str, Any]:
    """Return a chart of the training and the validation loss over the epochs.

    Args:
        history: one record per epoch with `epoch`, `train_loss` and `validation_loss`.
        loss: the loss in words, for the axis.
    """
    names = {"train_loss": "training", "validation_loss": "validation"}
    rows = [
        {"epoch": record["epoch"], "loss": record[key], "of": name}
        for record in history
        for key, name in names.items()
    ]
    ticks = {"tickMinStep": 1, "format": "d"}
    x = {"field": "epoch", "type": "quantitative", "title": "epoch", "axis": ticks}
    y = {"field": "loss", "type": "quantitative", "title": loss, "scale": {"zero": False}}
    shown = list(names.values())
    colour = {
        "field": "of",
        "type": "nominal",
        "title": None,
        "scale": {"domain": shown, "range": list(HUES[:2])},
        "legend": {"orient": "top", "symbolStrokeWidth": 3},
    }
    dash = {"field": "of", "type": "nominal", "scale": {"domain": shown, "range": [[1, 0], [6, 3]]}}
    line = {"type": "line", "strokeWidth": 2, "point": len(history) < FEW}
    tooltip = [
        {"field": "of", "title": "loss"},
        {"field": "epoch"},
        {"field": "loss", "title": loss, "format": ".4f"},
    ]
    encoding = {"y": y, "color": colour}
    layers: list[dict[str, Any]] = [
        {"mark": line, "encoding": encoding | {"strokeDash": dash | {"legend": None}}},
        _pointed_at(y, tooltip),
    ]
    return _chart(rows, x, layers)


def _pointed_at(y: dict[str, Any], tooltip: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the layer that shows the point nearest to the pointer, and its numbers."""
    nearest = {"type": "point", "nearest": True, "on": "pointerover", "clear": "pointerout"}
    shown = {"condition": {"param": "near", "empty": False, "value": 1}, "value": 0}
    return {
        "params": [{"name": "near", "select": nearest}],
        "mark": {"type": "point", "filled": True, "size": 70, "color": HERE, "clip": True},
        "encoding": {"y": y, "tooltip": tooltip, "opacity": shown},
    }


def _chart(
    rows: list[dict[str, Any]], x: dict[str, Any], layers: list[dict[str, Any]]
) -> dict[str, Any]:
    """Put layers over one x axis; the page sets the width."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": 1000,
        "height": HEIGHT,
        "background": "transparent",
        "data": {"values": rows},
        "encoding": {"x": x | {"axis": TICKS | x.get("axis", {})}},
        "layer": layers,
    }


def _below_nothing(
    sweep: Sequence[Mapping[str, Any]], kind: str, metric: str, top: float
) -> list[dict[str, float]]:
    """Return how high doing nothing is at each level; where it is perfect, to the top."""
    rows = [row for row in sweep if row["method"] == NOTHING and row["kind"] == kind]
    heights = [top if row[metric] is None else min(top, row[metric]) for row in rows]
    return [{"level": row["level"], "value": v} for row, v in zip(rows, heights, strict=True)]


def _point(row: Mapping[str, Any], metric: str) -> dict[str, Any]:
    name = row["method"]
    label = "Doing nothing" if name == NOTHING else list_denoisers()[name].label
    ends = {"low": row[f"{metric}_low"], "high": row[f"{metric}_high"]}
    return {"method": name, "name": label, "level": row["level"], "value": row[metric]} | ends


def _axis(spec: NoiseSpec) -> str:
    return f"{spec.level_name}: {spec.unit}"


def _scale(spec: NoiseSpec) -> dict[str, Any]:
    """Let noise rise to the right; a count falls by equal ratios."""
    if spec.minimum > 0:
        return {
            "type": "log",
            "reverse": True,
            "domain": [spec.minimum, spec.maximum],
            "nice": False,
        }
    return {"domain": [spec.minimum, spec.maximum]}
