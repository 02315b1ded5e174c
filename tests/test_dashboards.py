"""The dashboards are what the code builds, keep the linter's rules and name only what exists."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import yaml

from exporter.exposition.catalogue import metrics
from exporter.vendors import VENDORS
from grafana.build import DIRECTORY, PAGES

DASHBOARDS = [json.loads(page.render()) for page in PAGES]
PROVISIONING = DIRECTORY.parent / "provisioning"
DATASOURCE = {"type": "prometheus", "uid": "$datasource"}
ALWAYS_THERE = {"job", "instance"}
"""Labels that Prometheus adds to every series."""
STANDARD: Mapping[str, set[str]] = {
    "up": set(),
    "process_resident_memory_bytes": set(),
    "process_cpu_seconds_total": set(),
    "process_start_time_seconds": set(),
    "ALERTS": {"alertname", "alertstate", "severity", "vendor", "account", "stream"},
    "ALERTS_FOR_STATE": {"alertname", "alertstate", "severity", "vendor", "account", "stream"},
}
"""What Prometheus and every process have, and labels that may be there: only the job narrows them."""
UNITS = {"locale", "none", "percentunit", "currencyUSD", "s", "bytes", "dateTimeAsIso"}
EXCEPTIONS: Mapping[str, Mapping[str, str]] = {
    "template-instance-rule": {
        "*": "one exporter owns the state file, and its counts go on when it moves: an instance is "
        "not a choice that anybody has"
    },
    "target-instance-rule": {"*": "as template-instance-rule"},
    "template-label-promql-rule": {
        "*": "job, vendor and account are chosen in this order, each among those of the one before"
    },
    "target-rate-interval-rule": {
        "[1d]": "vendors settle by day: anything shorter is 0 between two deliveries",
        "[7d]": "a week evens out weekends and late days",
        "[1h]": "GitHub's API is shown by the hour, polls come every few minutes; which series there are",
        "[4d]": "when a budget ends is asked of the pace of some days, as the alerts ask",
        "[30d]": "a month against the month before, whatever range is shown",
        "[$__range]": "the total of the chosen time range",
        "[$__range:1m]": "restarts are changes of the youngest start, whatever the instance is called",
    },
}
"""Where the dashboard-linter's rules are not kept, and why."""

_PREFIXES = "|".join(["usage_exporter", "assistant", "process", *(each.name for each in VENDORS)])
_METRIC = re.compile(rf"\b((?:{_PREFIXES})_[a-z0-9_]+|up|ALERTS\w*)\b(\{{[^}}]*\}})")
_WINDOW = re.compile(r"\[[^\]]+\]")
_BY = re.compile(r"\b(by|on|without|ignoring) \(([^)]*)\)")
_JOINED = re.compile(r"\bgroup_left \((\w*)\)")
_RATED = re.compile(r"(?:increase|rate)\(\s*\w+_total\{[^}]*\}\[")

dashboards = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=[page.slug for page in PAGES])


def panels(dashboard: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def variables(dashboard: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {variable["name"]: variable for variable in dashboard["templating"]["list"]}


def expressions(dashboard: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Panel titles with their queries."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def matchers(text: str | None) -> dict[str, str]:
    return dict(re.findall(r'(\w+)=~?"([^"]*)"', text or ""))


def test_the_committed_json_is_what_the_code_builds() -> None:
    """`python -m grafana.build` mends a difference."""
    assert {path.name: path.read_text(encoding="utf-8") for path in DIRECTORY.iterdir()} == {
        page.file_name: page.render() for page in PAGES
    }


@dashboards
def test_a_dashboard_can_be_provisioned(dashboard: Mapping[str, Any]) -> None:
    """Fixed uid, no id, no import inputs, read-only, UTC, a range that daily data fill."""
    assert re.fullmatch(r"usage-exporter-[a-z-]{1,25}", dashboard["uid"])
    assert dashboard["schemaVersion"] == 42
    assert dashboard["title"].startswith("Usage exporter / ")
    assert dashboard["tags"] == ["usage-exporter"]
    assert dashboard["timezone"] == "utc"
    assert dashboard["editable"] is False
    assert dashboard["graphTooltip"] == 1
    live = dashboard["uid"].endswith(("github-api", "health"))
    assert dashboard["time"] == {"from": "now-7d" if live else "now-30d", "to": "now"}
    assert not {"__inputs", "__requires", "id"} & set(dashboard)


def test_uids_are_distinct() -> None:
    assert len({dashboard["uid"] for dashboard in DASHBOARDS}) == len(PAGES)


@dashboards
def test_a_dashboard_links_to_the_others(dashboard: Mapping[str, Any]) -> None:
    """One dropdown by tag, which keeps the time range and the variables."""
    (link,) = dashboard["links"]
    assert (link["type"], link["tags"]) == ("dashboards", dashboard["tags"])
    assert link["asDropdown"]
    assert link["keepTime"]
    assert link["includeVars"]


@dashboards
def test_variables_keep_the_linters_rules(dashboard: Mapping[str, Any]) -> None:
    """template-datasource-rule, template-job-rule, template-on-time-change-reload-rule."""
    first, *all_others = dashboard["templating"]["list"]
    rest = [variable for variable in all_others if variable["type"] != "textbox"]
    assert (first["name"], first["label"], first["query"]) == (
        *("datasource", "Data Source"),
        "prometheus",
    )
    assert {"job", "account"} <= {variable["name"] for variable in rest}
    for variable in rest:
        assert variable["type"] == "query"
        assert variable["datasource"] == DATASOURCE
        assert variable["label"]
        assert variable["multi"]
        assert variable["includeAll"]
        assert variable["allValue"] == ".+"
        assert variable["refresh"] == 2


@dashboards
def test_variables_ask_for_what_exists(dashboard: Mapping[str, Any]) -> None:
    """`label_values` names a metric of the catalogue, a label that it has, and known variables."""
    known: set[str] = set()
    for variable in dashboard["templating"]["list"][1:]:
        if variable["type"] == "textbox":
            continue
        found = re.fullmatch(r"label_values\((\w+)(\{.*\})?, (\w+)\)", variable["query"])
        assert found, variable["query"]
        name, narrowed, label = found.groups()
        assert_labels(name, {label, *matchers(narrowed)})
        chosen = {value[1:] for value in matchers(narrowed).values() if value.startswith("$")}
        assert chosen <= known
        known.add(variable["name"])


@dashboards
def test_panels_keep_the_linters_rules(dashboard: Mapping[str, Any]) -> None:
    """panel-datasource-rule, panel-title-description-rule, panel-units-rule, panel-no-targets-rule."""
    titles = [panel["title"] for panel in panels(dashboard)]
    assert len(set(titles)) == len(titles)
    for panel in panels(dashboard):
        assert panel["type"] in {"stat", "table", "timeseries"}, "no gauges and no pies"
        assert panel["title"]
        assert len(panel["description"]) > 20, panel["title"]
        assert panel["datasource"] == DATASOURCE
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        assert panel["targets"]
        for target in panel["targets"]:
            assert target["datasource"] == DATASOURCE
            assert target["instant"] is not (panel["type"] == "timeseries")
        if panel["type"] == "stat":
            assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"], panel["title"]


@dashboards
def test_panels_lie_side_by_side(dashboard: Mapping[str, Any]) -> None:
    """No two cover one cell of the grid, none sticks out, and their ids are distinct."""
    taken: set[tuple[int, int]] = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


@dashboards
def test_tables_name_their_columns(dashboard: Mapping[str, Any]) -> None:
    """Every column of a query has a heading, and the order is by a column that exists."""
    for panel in panels(dashboard):
        if panel["type"] != "table":
            continue
        headings = panel["transformations"][-1]["options"]["renameByName"]
        assert len(set(headings.values())) == len(headings), panel["title"]
        for target in panel["targets"]:
            grouped = re.search(r"\bby \(([^)]*)\)", target["expr"])
            assert grouped, target["expr"]
            assert set(grouped[1].split(", ")) <= set(headings), panel["title"]
        (order,) = panel["options"]["sortBy"]
        assert order["displayName"] in headings.values(), panel["title"]


@dashboards
def test_a_repeated_panel_uses_its_variable(dashboard: Mapping[str, Any]) -> None:
    """In its title and in every query, so that each copy shows one value."""
    for panel in panels(dashboard):
        if name := panel.get("repeat"):
            assert name in variables(dashboard)
            assert f"${name}" in panel["title"]
            assert all(f'"${name}"' in target["expr"] for target in panel["targets"])


@dashboards
def test_queries_keep_the_linters_rules(dashboard: Mapping[str, Any]) -> None:
    """target-job-rule, target-counter-agg-rule, target-rate-interval-rule with its exceptions."""
    windows = {"[$__rate_interval]", *EXCEPTIONS["target-rate-interval-rule"]}
    common = {"job", "account", "vendor"} & set(variables(dashboard))
    for title, expr in expressions(dashboard):
        for name, narrowed in _METRIC.findall(expr):
            found = matchers(narrowed)
            narrowing = set() if name in STANDARD else metric_labels(name)
            expected = common & {"job", *narrowing}
            assert {key: f"${key}" for key in expected}.items() <= found.items(), (title, name)
        assert len(_RATED.findall(expr)) == expr.count("_total{"), title
        assert set(_WINDOW.findall(re.sub(r'"[^"]*"', '""', expr))) <= windows, title


@dashboards
def test_queries_name_metrics_and_labels_of_the_catalogue(dashboard: Mapping[str, Any]) -> None:
    """A metric or a label that is gone fails here and not in front of people."""
    for title, expr in expressions(dashboard):
        names = [name for name, _ in _METRIC.findall(expr)]
        assert names, title
        joined = _JOINED.findall(expr)
        known = set[str]().union(*map(metric_labels, names))
        assert set(joined) <= known | {""}, title
        for name, narrowed in _METRIC.findall(expr):
            assert_labels(name, set(matchers(narrowed)))
            for keyword, grouped in _BY.findall(expr):
                used = set(grouped.split(", ")) - {"", *joined}
                # What is joined to has fewer labels than what it is joined with.
                if joined and keyword == "by":
                    assert used <= known | ALWAYS_THERE, title
                else:
                    assert_labels(name, used)


def test_every_alert_is_among_those_that_are_shown() -> None:
    """Panels of alerts narrow them by name, because others send alerts too."""
    rules = DIRECTORY.parents[1] / "prometheus" / "rules" / "alerts.yaml"
    groups = yaml.safe_load(rules.read_text(encoding="utf-8"))["groups"]
    alerts = [rule["alert"] for group in groups for rule in group["rules"]]
    shown = {
        matchers(narrowed)["alertname"]
        for dashboard in DASHBOARDS
        for _, expr in expressions(dashboard)
        for name, narrowed in _METRIC.findall(expr)
        if name.startswith("ALERTS")
    }
    assert shown
    assert [name for name in alerts for names in shown if not re.fullmatch(names, name)] == []


def metric_labels(name: str) -> set[str]:
    if name in STANDARD:
        return STANDARD[name]
    known = metrics()
    base = re.sub(r"_(sum|count|bucket)$", "", name)
    metric = known.get(name) or (known.get(base) if base != name else None)
    assert metric is not None, f"{name} is not in the catalogue"
    assert metric.name == name or metric.type == "histogram"
    assert not metric.people, f"{name} is about people and off by default"
    return set(metric.label_names)


def assert_labels(name: str, used: set[str]) -> None:
    assert used <= metric_labels(name) | ALWAYS_THERE, name


def test_every_exception_has_a_reason() -> None:
    assert all(len(why) > 10 for rule in EXCEPTIONS.values() for why in rule.values())


def test_windows_that_are_excused_are_used() -> None:
    """An exception that nothing needs goes."""
    used = {
        window
        for dashboard in DASHBOARDS
        for _, expr in expressions(dashboard)
        for window in _WINDOW.findall(expr)
    }
    assert set(EXCEPTIONS["target-rate-interval-rule"]) <= used


def test_provisioning_reads_the_dashboards_and_nothing_can_be_saved_over_them() -> None:
    (datasources,) = (PROVISIONING / "datasources").iterdir()
    (source,) = yaml.safe_load(datasources.read_text("utf-8"))["datasources"]
    assert source["type"] == "prometheus"
    (dashboard_file,) = (PROVISIONING / "dashboards").iterdir()
    (provider,) = yaml.safe_load(dashboard_file.read_text("utf-8"))["providers"]
    assert provider["type"] == "file"
    assert provider["allowUiUpdates"] is False
