"""Panels as Grafana reads them."""

import re
from collections.abc import Mapping
from typing import TypeAlias

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as dashboard_builders
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from grafana.build import colours
from grafana.build.panels import COUNTED, Column, Lines, Panel, Query, Stat, Steps, Table, Word

DATASOURCE = common.DataSourceRef(type_val="prometheus", uid="$datasource")
GRID_WIDTH = 24

Built: TypeAlias = stat.Panel | table.Panel | timeseries.Panel

_SHADES = dashboard.FieldColorModeId.SHADES
_VENDOR = re.compile(rf"\b({'|'.join(colours.VENDORS)})_")
_TO_BOARD = {
    "title": "The vendor's dashboard",
    "url": "/d/usage-exporter-${__data.fields.Board}?${__url_time_range}&${datasource:queryparam}",
}
_ONE_LABEL = re.compile(r"\{\{(\w+)\}\}")


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
    if panel.unit == COUNTED:
        built.decimals(0)
    if panel.missing:
        built.no_value(panel.missing)
    if panel.repeat is not None:
        # The copies share the width of the whole panel.
        built.repeat(panel.repeat).repeat_direction("h").max_per_row(GRID_WIDTH // panel.width)
        built.span(GRID_WIDTH)
    return built


def target(query: Query, letter: str, matchers: str) -> prometheus.Dataquery:
    """A query with the dashboard's matchers in it."""
    built = (
        prometheus.Dataquery()
        .expr(query.expr.replace("{@", f"{{{matchers}"))
        .ref_id(letter)
        .datasource(DATASOURCE)
    )
    return built.legend_format(query.legend) if query.legend else built


def _stat(panel: Stat, matchers: str) -> stat.Panel:
    built = (
        stat.Panel()
        .with_target(target(panel.query, "A", matchers).instant())
        .thresholds(_thresholds(panel.steps, "green"))
        .graph_mode(common.BigValueGraphMode.NONE)
        .color_mode(
            common.BigValueColorMode.BACKGROUND if panel.words else common.BigValueColorMode.VALUE
        )
        .text_mode(
            common.BigValueTextMode.NAME if panel.query.legend else common.BigValueTextMode.VALUE
        )
        .reduce_options(common_builders.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    if panel.words:
        built.mappings([_mapping(panel.words)])
    if panel.query.legend == "{{vendor}}":
        _colour(built, _line_colours(panel.query.legend, 0))
    return built if panel.decimals is None else built.decimals(panel.decimals)


def _lines(panel: Lines, matchers: str) -> timeseries.Panel:
    built = (
        timeseries.Panel()
        .targets(
            [
                target(query, _letter(index), matchers).range()
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
    # A palette would make some team or model red, as if it were bad: they are shades of one colour.
    vendor = _VENDOR.search(panel.queries[0].expr)
    shaded = colours.VENDORS[vendor[1]] if vendor else colours.SERIES[0]
    built.color_scheme(dashboard_builders.FieldColor().mode(_SHADES).fixed_color(shaded))
    for index, query in enumerate(panel.queries):
        _colour(built, _line_colours(query.legend, index))
    return built


def _colour(built: stat.Panel | timeseries.Panel, chosen: list[tuple[str, str, str]]) -> None:
    for expression, mode, colour in chosen:
        fixed = {"mode": mode, "fixedColor": colour}
        built.override_by_regexp(
            f"/^(?:{expression})$/", [dashboard.DynamicConfigValue("color", fixed)]
        )


def _line_colours(legend: str, index: int) -> list[tuple[str, str, str]]:
    """Expressions for the names of a query's lines, each with a colour and how it is used."""
    first, _, rest = legend.partition(" ")
    if first in colours.VENDORS:
        return [(f"{first} .*" if rest else first, "shades", colours.VENDORS[first])]
    labels = _ONE_LABEL.findall(legend)
    if not labels:
        colour = colours.NAMES.get(legend) or colours.SERIES[index % len(colours.SERIES)]
        return [(re.escape(legend), "fixed", colour)]
    if labels[0] == "vendor":
        alone = legend == "{{vendor}}"
        return [
            (vendor, "fixed", colour) if alone else (f"{vendor} .*", "shades", colour)
            for vendor, colour in colours.VENDORS.items()
        ]
    known = colours.LABELS.get(labels[0], {}) if legend == f"{{{{{labels[0]}}}}}" else {}
    return [(value, "fixed", colour) for value, colour in known.items()]


def _table(panel: Table, matchers: str) -> table.Panel:
    built = table.Panel().targets(
        [
            target(Query(_with_board(panel, column.expr)), _letter(index), matchers)
            .instant()
            .format(PromQueryFormat.TABLE)
            for index, column in enumerate(panel.columns)
        ]
    )
    headings = dict(panel.keys)
    for label, heading in panel.keys.items():
        if label in colours.CELLS:
            built.override_by_name(heading, _key_cells(label))
    if "vendor" in headings:
        headings["board"] = "Board"
        built.override_by_name("Board", [dashboard.DynamicConfigValue("custom.hidden", True)])
    # One query keeps the plain name of the value; several are told apart by their letter.
    for index, column in enumerate(panel.columns):
        value = "Value" if len(panel.columns) == 1 else f"Value #{_letter(index)}"
        headings[value] = column.name
        built.override_by_name(column.name, _cells(column))
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


def _with_board(panel: Table, expr: str) -> str:
    """Rows of vendors with the name of the vendor's dashboard, to which their cells link."""
    if "vendor" not in panel.keys:
        return expr
    board = f'label_replace({expr}, "board", "$1", "vendor", "(.+)")'
    for vendor, name in colours.BOARDS.items():
        if vendor != name:
            board = f'label_replace({board}, "board", "{name}", "vendor", "{vendor}")'
    return board


def _key_cells(label: str) -> list[dashboard.DynamicConfigValue]:
    words = {
        value: dashboard.ValueMappingResult(text=value, color=colour)
        for value, colour in colours.CELLS[label].items()
    }
    found = [
        dashboard.DynamicConfigValue("mappings", [dashboard.ValueMap(words).to_json()]),
        dashboard.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
    ]
    if label == "vendor":
        found.append(dashboard.DynamicConfigValue("links", [_TO_BOARD]))
    return found


def _cells(column: Column) -> list[dashboard.DynamicConfigValue]:
    found = [dashboard.DynamicConfigValue("unit", column.unit)]
    if column.unit == COUNTED:
        found.append(dashboard.DynamicConfigValue("decimals", 0))
    if column.missing:
        found.append(dashboard.DynamicConfigValue("noValue", column.missing))
    if column.words:
        mappings = [_mapping(column.words).to_json()]
        found.append(dashboard.DynamicConfigValue("mappings", mappings))
    if column.steps:
        steps = _thresholds(column.steps, "text").build().to_json()
        found.append(dashboard.DynamicConfigValue("thresholds", steps))
    if column.steps or column.words:
        found.append(dashboard.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}))
    return found


def _mapping(words: Mapping[int, Word]) -> dashboard.ValueMap:
    return dashboard.ValueMap(
        {
            str(value): dashboard.ValueMappingResult(text=word.text, color=word.colour)
            for value, word in words.items()
        }
    )


def _thresholds(steps: Steps, below: str) -> dashboard_builders.ThresholdsConfig:
    base = dashboard.Threshold(value=None, color=below if steps else "text")
    return (
        dashboard_builders.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([base, *(dashboard.Threshold(value, color) for value, color in steps.items())])
    )


def _letter(index: int) -> str:
    return chr(ord("A") + index)
