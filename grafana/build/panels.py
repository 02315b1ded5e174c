"""The few kinds of panels that the dashboards are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as dashboard_builders
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

DATASOURCE = common.DataSourceRef(type_val="prometheus", uid="$datasource")
GRID_WIDTH = 24

Steps: TypeAlias = Mapping[float, str] | Mapping[int, str]
"""From which value on which colour holds."""

Built: TypeAlias = stat.Panel | table.Panel | timeseries.Panel


@dataclass(frozen=True)
class Query:
    """An expression, in which `@` stands for the matchers of the dashboard's variables."""

    expr: str
    legend: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What every panel has; `note` says what its data can and cannot show."""

    title: str
    note: str
    unit: str = "short"
    width: int = 8
    height: int = 8
    decimals: int | None = None
    repeat: str | None = None


@dataclass(frozen=True, kw_only=True)
class Stat(Panel):
    """One number an item."""

    query: Query
    width: int = 4
    steps: Steps = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Lines(Panel):
    """Numbers over time, on one scale from 0."""

    queries: Sequence[Query]
    stacked: bool = False
    maximum: float | None = None


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    expr: str
    unit: str = "short"
    steps: Steps = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """A row for each combination of `keys` (label to heading), the largest first."""

    keys: Mapping[str, str]
    columns: Sequence[Column]
    sort_by: str = ""
    descending: bool = True
    width: int = 12


def build(panel: Panel, matchers: str) -> Built:
    """The panel for Grafana, with the dashboard's matchers in its queries."""
    built: Built
    match panel:
        case Stat():
            built = _stat(panel, matchers)
        case Lines():
            built = _lines(panel, matchers)
        case Table():
            built = _table(panel, matchers)
        case _:
            raise TypeError(f"panel {panel.title!r}: no builder for {type(panel).__name__}")
    built.title(panel.title).description(panel.note).datasource(DATASOURCE)
    built.unit(panel.unit).span(panel.width).height(panel.height)
    if panel.decimals is not None:
        built.decimals(panel.decimals)
    if panel.repeat is not None:
        # The copies share the width of the whole panel.
        built.repeat(panel.repeat).repeat_direction("h").max_per_row(GRID_WIDTH // panel.width)
        built.span(GRID_WIDTH)
    return built


def _stat(panel: Stat, matchers: str) -> stat.Panel:
    return (
        stat.Panel()
        .with_target(_query(panel.query, "A", matchers).instant())
        .thresholds(_thresholds(panel.steps))
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(common.BigValueColorMode.VALUE)
        .text_mode(
            common.BigValueTextMode.NAME if panel.query.legend else common.BigValueTextMode.VALUE
        )
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
    )


def _lines(panel: Lines, matchers: str) -> timeseries.Panel:
    built = (
        timeseries.Panel()
        .targets(
            [
                _query(query, _letter(index), matchers).range()
                for index, query in enumerate(panel.queries)
            ]
        )
        .interval("1m")
        .min(0)
        .line_width(2)
        .fill_opacity(35 if panel.stacked else 8)
        .show_points(common.VisibilityMode.NEVER)
        .legend(
            common_builders.VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
            .calcs([])
        )
        .tooltip(
            common_builders.VizTooltipOptions()
            .mode(common.TooltipDisplayMode.MULTI)
            .sort(common.SortOrder.DESCENDING)
        )
    )
    if panel.stacked:
        built.stacking(common_builders.StackingConfig().mode(common.StackingMode.NORMAL).group("A"))
    if panel.maximum is not None:
        built.max(panel.maximum)
    elif panel.unit == "percentunit":
        # Alone, zeros would have an axis up to 10,000 %.
        built.axis_soft_max(1)
    return built


def _table(panel: Table, matchers: str) -> table.Panel:
    built = table.Panel().targets(
        [
            _query(Query(column.expr), _letter(index), matchers)
            .instant()
            .format(PromQueryFormat.TABLE)
            for index, column in enumerate(panel.columns)
        ]
    )
    headings = dict(panel.keys)
    # One query keeps the plain name of the value; several are told apart by their letter.
    for index, column in enumerate(panel.columns):
        value = "Value" if len(panel.columns) == 1 else f"Value #{_letter(index)}"
        headings[value] = column.name
        built.override_by_name(
            column.name,
            [
                dashboard.DynamicConfigValue("unit", column.unit),
                *(
                    [
                        dashboard.DynamicConfigValue(
                            "thresholds", _thresholds(column.steps).build().to_json()
                        ),
                        dashboard.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
                    ]
                    if column.steps
                    else []
                ),
            ],
        )
    order = {name: index for index, name in enumerate(headings)}
    organize = {
        "excludeByName": {"Time": True},
        "indexByName": order,
        "renameByName": headings,
    }
    return (
        built.with_transformation(dashboard.DataTransformerConfig("merge", options={}))
        .with_transformation(dashboard.DataTransformerConfig("organize", options=organize))
        .sort_by(
            [
                common_builders.TableSortByFieldState()
                .display_name(panel.sort_by or panel.columns[0].name)
                .desc(panel.descending)
            ]
        )
        .show_header(True)
    )


def _query(query: Query, letter: str, matchers: str) -> prometheus.Dataquery:
    built = (
        prometheus.Dataquery()
        .expr(query.expr.replace("@", matchers))
        .ref_id(letter)
        .datasource(DATASOURCE)
    )
    return built.legend_format(query.legend) if query.legend else built


def _thresholds(steps: Steps) -> dashboard_builders.ThresholdsConfig:
    base = dashboard.Threshold(value=None, color="green" if steps else "text")
    return (
        dashboard_builders.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([base, *(dashboard.Threshold(value, color) for value, color in steps.items())])
    )


def _letter(index: int) -> str:
    return chr(ord("A") + index)
