"""Points of a metric as sample lines, in both exposition formats."""

import enum
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from itertools import groupby, islice
from typing import NamedTuple

from exporter.model import Histogram, Metric, MetricType, Number, Point

# A thread that renders gives way to the event loop between slices: none of them holds the
# interpreter for long.
SLICE = 1_000

UNITS = ("seconds", "bytes", "ratio", "usd")

# A float, which is what Prometheus reads, ends near 1e308: past this an exact Decimal is only long.
_LONGEST_EXPONENT = 400

_SURROGATES = re.compile("[\ud800-\udfff]")


class Format(enum.StrEnum):
    """An exposition format: Prometheus text 0.0.4 or OpenMetrics 1.0."""

    PLAIN = "plain"
    OPENMETRICS = "openmetrics"


class Text(NamedTuple):
    """The same lines in both formats; one object twice where they do not differ."""

    plain: bytes
    openmetrics: bytes


class PointError(ValueError):
    """A point does not fit its metric."""


def family_name(metric: Metric) -> str:
    """The name that OpenMetrics gives the family: a counter's without `_total`."""
    return metric.name.removesuffix("_total") if metric.type is MetricType.COUNTER else metric.name


@cache
def header(metric: Metric) -> Text:
    """The HELP and TYPE lines, and in OpenMetrics UNIT where the name ends in a unit."""
    name = family_name(metric)
    help_text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    plain = f"# HELP {metric.name} {help_text}\n# TYPE {metric.name} {metric.type}\n"
    quoted = help_text.replace('"', r"\"")
    openmetrics = f"# HELP {name} {quoted}\n# TYPE {name} {metric.type}\n"
    unit = name.rpartition("_")[2]
    if unit in UNITS:
        openmetrics += f"# UNIT {name} {unit}\n"
    return _text(plain, openmetrics)


def render(metric: Metric, points: Iterable[Point]) -> Text:
    """The sample lines of `points` in the order given, without the header."""
    return _concatenated(list(slices(metric, points)))


def slices(metric: Metric, points: Iterable[Point]) -> Iterator[Text]:
    """What `render` gives, piece by piece."""
    lines = _histograms if metric.type is MetricType.HISTOGRAM else _scalars
    rest = iter(points)
    while batch := list(islice(rest, SLICE)):
        try:
            yield lines(metric, batch)
        except (AttributeError, TypeError, ValueError) as error:
            raise PointError(
                f"{metric.name}: a point does not fit its row of the catalogue ({error}); it needs "
                f"{len(metric.label_names)} label values {metric.label_names} and the value of a "
                f"{metric.type}"
            ) from error


def number(value: Number | float) -> str:
    """A value as Prometheus spells it: integers and decimals exact, floats in shortest form."""
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, Decimal) and value.is_finite():
        if abs(value.adjusted()) <= _LONGEST_EXPONENT:
            digits = format(value, "f")
            return digits.rstrip("0").rstrip(".") if "." in digits else digits
        value = float(value)
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return repr(float(value))


def _scalars(metric: Metric, batch: Sequence[Point]) -> Text:
    if metric.type is not MetricType.COUNTER:
        plain = _weave(_around_labels(metric, metric.name), _columns(metric, batch), _values(batch))
        return _text(plain, plain)
    # All points of a run have `_created` lines, or none: a mixed slice is cut into such runs.
    runs = [_counters(metric, list(run)) for _, run in groupby(batch, key=_is_undated)]
    return runs[0] if len(runs) == 1 else _concatenated(runs)


def _counters(metric: Metric, run: Sequence[Point]) -> Text:
    columns = _columns(metric, run)
    values = _values(run)
    around = _around_labels(metric, metric.name)
    plain = _weave(around, columns, values)
    dates = [point.created for point in run if point.created is not None]
    if not dates:
        return _text(plain, plain)
    # Many series are as old as each other.
    spelled = {date: number(date) for date in set(dates)}
    around_created = _around_labels(metric, f"\n{family_name(metric)}_created")
    return _text(
        plain,
        _weave(
            (*around, *around_created),
            (*columns, values, *columns),
            [spelled[date] for date in dates],
        ),
    )


def _is_undated(point: Point) -> bool:
    return point.created is None


def _values(batch: Sequence[Point]) -> list[str]:
    return [
        str(value) if type(value) is int else number(value)  # type: ignore[arg-type]
        for _, value, _ in batch
    ]


def _histograms(metric: Metric, batch: Sequence[Point]) -> Text:
    plain: list[str] = []
    openmetrics: list[str] = []
    for label_set, point in zip(_label_sets(metric, batch), batch, strict=True):
        if not isinstance(point.value, Histogram):
            raise TypeError(f"{point.value!r} is not a Histogram")
        lines = "".join(_histogram(metric.name, label_set, point.value))
        plain.append(lines)
        openmetrics.append(lines)
        if point.created is not None:
            openmetrics.append(f"{metric.name}_created{label_set} {number(point.created)}\n")
    return _text("".join(plain), "".join(openmetrics))


def _histogram(name: str, label_set: str, value: Histogram) -> Iterator[str]:
    start = f"{name}_bucket{label_set[:-1]}," if label_set else f"{name}_bucket{{"
    for bound, count in value.buckets:
        yield f'{start}le="{number(float(bound))}"}} {count}\n'
    yield f'{start}le="+Inf"}} {value.count}\n'
    yield f"{name}_sum{label_set} {number(value.sum)}\n"
    yield f"{name}_count{label_set} {value.count}\n"


def _columns(metric: Metric, batch: Sequence[Point]) -> list[Sequence[str]]:
    """The escaped values of every label, label by label."""
    columns: list[Sequence[str]] = list(zip(*[point.labels for point in batch], strict=True))
    if len(columns) != len(metric.label_names):
        raise ValueError(f"it has {len(columns)} label values")
    return [_escaped(column) for column in columns]


def _escaped(column: Sequence[str]) -> Sequence[str]:
    # Hardly any value needs escaping, and a look at all of them together is quicker than at each.
    together = "".join(column)
    if "\\" in together or '"' in together or "\n" in together:
        return [_escape(value) for value in column]
    return column


def _around_labels(metric: Metric, name: str) -> tuple[str, ...]:
    """What stands before, between and behind the label values of a sample."""
    first, *others = metric.label_names or ("",)
    if not first:
        return (f"{name} ",)
    return (f'{name}{{{first}="', *(f'",{other}="' for other in others), '"} ')


def _weave(around: Sequence[str], columns: Sequence[Sequence[str]], last: Sequence[str]) -> str:
    """Lines made of constants and columns in turn, with the `last` column at their ends."""
    count = len(last)
    width = 2 * len(around) + 1
    parts = ["\n"] * (width * count)
    for place, constant in enumerate(around):
        parts[2 * place :: width] = [constant] * count
    for place, column in enumerate((*columns, last)):
        parts[2 * place + 1 :: width] = column
    return "".join(parts)


def _label_sets(metric: Metric, batch: Sequence[Point]) -> list[str]:
    """`{name="value",…}` of every point, or empty strings where the metric has no labels."""
    columns = _columns(metric, batch)
    if not columns:
        return [""] * len(batch)
    pattern = "{" + ",".join(f'{name}="%s"' for name in metric.label_names) + "}"
    return [pattern % values for values in zip(*columns, strict=True)]


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _concatenated(texts: Sequence[Text]) -> Text:
    plain = b"".join(text.plain for text in texts)
    if all(text.openmetrics is text.plain for text in texts):
        return Text(plain, plain)
    return Text(plain, b"".join(text.openmetrics for text in texts))


def _text(plain: str, openmetrics: str) -> Text:
    encoded = _encode(plain)
    return Text(encoded, encoded if openmetrics == plain else _encode(openmetrics))


def _encode(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text).encode()
