"""Anthropic's workspaces by name: their series have ids, because names change and two may have the same."""

from grafana.build.panels import Query
from grafana.build.queries import at_end, busiest, increase

INFO = "topk by (account, workspace) (1, anthropic_workspace_info{@})"
"""One name for each workspace, also where two exporters have not both seen it renamed."""


def named(grown: str, metric: str) -> str:
    """What a counter grew by account and workspace, with names; an id stands for a name that is not known."""
    known = f"group by (account, workspace) (increase({metric}{{@}}[1h]))"
    ids = f'label_replace({known}, "workspace_name", "$1", "workspace", "(.+)")'
    return (
        f"{grown} * on (account, workspace) group_left (workspace_name)"
        f" ({INFO} or on (account, workspace) {ids})"
    )


def in_range_by_workspace(metric: str) -> str:
    """How much a counter grew in the time range, by id and name."""
    return f"sum by (workspace, workspace_name) ({named(_grown(metric, '$__range'), metric)})"


def dearest_a_day(count: int, metric: str) -> Query:
    """How much a counter grew in the day before each point, for the workspaces with the most in the range."""
    lines = _by_name(named(_grown(metric, "1d"), metric))
    weight = _by_name(named(at_end(metric, "account, workspace"), metric))
    return Query(busiest(count, lines, "workspace_name", weight), "{{workspace_name}}")


def _grown(metric: str, window: str) -> str:
    return increase(metric, "account, workspace", window)


def _by_name(expr: str) -> str:
    return f"sum by (workspace_name) ({expr})"
