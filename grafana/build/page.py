"""A dashboard: its variables, its links and its rows of panels."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from grafana.build.annotations import EVENTS, annotation
from grafana.build.drawing import DATASOURCE, GRID_WIDTH, build
from grafana.build.panels import Panel

TAG = "usage-exporter"
SCHEMA_VERSION = 42


@dataclass(frozen=True)
class Variable:
    """A choice among the values of a label; `{@` in `series` stands for the variables before it."""

    label: str
    title: str
    series: str
    name: str = ""

    @property
    def key(self) -> str:
        return self.name or self.label

    @property
    def matcher(self) -> str:
        return f'{self.label}=~"${self.key}"'


@dataclass(frozen=True)
class Given:
    """A number that people type in, such as a price that no API tells."""

    name: str
    title: str
    note: str
    value: int


@dataclass(frozen=True)
class Row:
    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Page:
    """A dashboard; `variables` narrow all queries, `choices` only those that name them."""

    slug: str
    title: str
    summary: str
    variables: Sequence[Variable]
    rows: Sequence[Row]
    choices: Sequence[Variable] = ()
    given: Sequence[Given] = ()
    since: str = "now-30d"

    @property
    def file_name(self) -> str:
        return f"{self.slug}.json"

    def render(self) -> str:
        """The dashboard's JSON, as it is committed."""
        return json.dumps(self._build(), cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"

    def _build(self) -> dashboard.Dashboard:
        built = (
            builders.Dashboard(self.title)
            .uid(f"usage-exporter-{self.slug}")
            .description(self.summary)
            .tags([TAG])
            .timezone("utc")
            .readonly()
            .time(self.since, "now")
            .refresh("5m")
            .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
            .link(
                builders.DashboardLink("Usage exporter")
                .type(dashboard.DashboardLinkType.DASHBOARDS)
                .tags([TAG])
                .as_dropdown(True)
                .include_vars(True)
                .keep_time(True)
            )
            .with_variable(
                builders.DatasourceVariable("datasource").label("Data Source").type("prometheus")
            )
        )
        matchers: list[str] = []
        for variable in self.variables:
            built.with_variable(_variable(variable, ", ".join(matchers)))
            matchers.append(variable.matcher)
        narrowed = ", ".join(matchers)
        for choice in self.choices:
            built.with_variable(_variable(choice, narrowed))
        for given in self.given:
            built.with_variable(
                builders.TextBoxVariable(given.name)
                .label(given.title)
                .description(given.note)
                .default_value(str(given.value))
                .current(dashboard.VariableOption(text=str(given.value), value=str(given.value)))
            )
        for event in EVENTS:
            built.annotation(annotation(event))
        for row in self.rows:
            built.with_row(builders.Row(row.title))
            for panel in row.panels:
                built.with_panel(build(panel, narrowed))
        page = built.build()
        page.schema_version = SCHEMA_VERSION
        _place(page.panels or [])
        return page


def _place(panels: Sequence[dashboard.Panel | dashboard.RowPanel]) -> None:
    """Number the panels and lay them in shelves, from left to right and as high as the highest."""
    x = y = shelf = 0
    for number, panel in enumerate(panels, start=1):
        panel.id_val = number
        place = panel.grid_pos
        if place is None or isinstance(panel, dashboard.RowPanel):
            place = panel.grid_pos = dashboard.GridPos(h=1, w=GRID_WIDTH)
        if x + place.w > GRID_WIDTH:
            x, y, shelf = 0, y + shelf, 0
        place.x, place.y = x, y
        x += place.w
        shelf = max(shelf, place.h)


def _variable(variable: Variable, matchers: str) -> builders.QueryVariable:
    series = variable.series.replace("{@", f"{{{matchers}")
    return (
        builders.QueryVariable(variable.key)
        .label(variable.title)
        .datasource(DATASOURCE)
        .query(f"label_values({series}, {variable.label})")
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".+")
        .current(dashboard.VariableOption(selected=True, text="All", value="$__all"))
    )


def of_vendor(vendor: str, streams: str) -> Sequence[Variable]:
    """The job, and the accounts whose streams (an expression) are configured, whether or not there are data."""
    series = f'usage_exporter_poll_interval_seconds{{@, vendor="{vendor}", stream=~"{streams}"}}'
    return (
        Variable("job", "Job", "usage_exporter_build_info"),
        Variable("account", "Account", series),
    )


def of_all() -> Sequence[Variable]:
    """The job, the vendor and the account, of all targets that are configured."""
    series = "usage_exporter_poll_interval_seconds{@}"
    return (
        Variable("job", "Job", "usage_exporter_build_info"),
        Variable("vendor", "Vendor", series),
        Variable("account", "Account", series),
    )
