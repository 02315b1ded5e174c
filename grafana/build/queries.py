"""Queries that most dashboards ask, and the panels that show them."""

from collections.abc import Mapping

from grafana.build.panels import COUNTED, Column, Lines, Query, Stat

MONTH = "30d"
"""What is compared with the time before it."""

UUID = "([0-9a-fA-F]{8})(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{8}([0-9a-fA-F]{4})"


def increase(metric: str, by: str, window: str, ago: str = "") -> str:
    """How much a counter grew in a window that ended some time ago; `metric` may narrow it by labels."""
    return _grown(metric, by, window, f" offset {ago}" if ago else "")


def _grown(metric: str, by: str, window: str, modifier: str) -> str:
    """A model whose name is a UUID is shown by its first and last digits."""
    selector = metric if "{" in metric else f"{metric}{{@}}"
    grown = f"increase({selector}[{window}]{modifier})"
    if "model" in by.split(", "):
        # The whole name is kept beside it: two that look alike would be one series, which is an error.
        grown = f'label_replace({grown}, "whole", "$1", "model", "(.*)")'
        grown = f'label_replace({grown}, "model", "$1…$2", "model", "{UUID}")'
    return f"sum by ({by}) ({grown})"


def in_range(metric: str, by: str) -> str:
    """How much a counter grew in the time range that is shown."""
    return increase(metric, by, "$__range")


def at_end(metric: str, by: str) -> str:
    """How much a counter grew in the time range, as of its end, for all points of a line."""
    return _grown(metric, by, "$__range", " @ end()")


def a_day(metric: str, by: str) -> Query:
    """How much a counter grew in the day before each point, a line for each value of a label."""
    return Query(increase(metric, by, "1d"), f"{{{{{by}}}}}")


def by_day(
    title: str,
    note: str,
    metric: str,
    by: str,
    *,
    unit: str = COUNTED,
    width: int = 8,
    stacked: bool = True,
    most: int | None = None,
) -> Lines:
    """What a counter counted in the day before each point, by a label: all its values, or the largest."""
    queries = (a_day(metric, by) if most is None else busiest_a_day(most, metric, by),)
    return Lines(title=title, note=note, unit=unit, width=width, stacked=stacked, queries=queries)


def total(title: str, note: str, metric: str, *, unit: str = COUNTED) -> Stat:
    """What a counter counted in the time range, in one number."""
    query = Query(f"sum(increase({metric}{{@}}[$__range]))")
    return Stat(title=title, note=note, unit=unit, query=query)


def counted(by: str, metrics: Mapping[str, str], *, unit: str = COUNTED) -> tuple[Column, ...]:
    """Columns of what counters counted in the time range, by their headings."""
    return tuple(Column(heading, in_range(metric, by), unit) for heading, metric in metrics.items())


def busiest(count: int, expr: str, by: str, weight: str) -> str:
    """The lines of `expr` that are the largest by `weight` at the end of the time range."""
    return f"{expr} and on ({by}) topk({count}, {weight})"


def busiest_a_day(count: int, metric: str, by: str) -> Query:
    """How much a counter grew in the day before each point, for the values with the most in the range."""
    return Query(
        busiest(count, increase(metric, by, "1d"), by, at_end(metric, by)), f"{{{{{by}}}}}"
    )


def used_up(heading: str, expr: str, missing: str) -> Column:
    """A share of what may be spent; it is orange near the end of that and red beyond."""
    return Column(heading, expr, "percentunit", {0.8: "orange", 1: "red"}, missing=missing)


def month_and_month_before(metric: str, by: str) -> tuple[Column, ...]:
    """How much a counter of dollars grew in the last 30 days, and in the 30 before them."""
    return tuple(
        Column(heading, increase(metric, by, MONTH, ago), "currencyUSD", missing="unknown")
        for heading, ago in (("Last 30 days", ""), ("30 days before", MONTH))
    )
