"""Queries that most dashboards ask."""

from grafana.build.panels import Query


def increase(metric: str, by: str, window: str) -> str:
    """How much a counter grew in a window, by labels; `metric` may narrow it by more of them."""
    selector = metric if "{" in metric else f"{metric}{{@}}"
    return f"sum by ({by}) (increase({selector}[{window}]))"


def in_range(metric: str, by: str) -> str:
    """How much a counter grew in the time range that is shown."""
    return increase(metric, by, "$__range")


def a_day(metric: str, by: str) -> Query:
    """How much a counter grew in the day before each point, a line for each value of a label."""
    return Query(increase(metric, by, "1d"), f"{{{{{by}}}}}")
