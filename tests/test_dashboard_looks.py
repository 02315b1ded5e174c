"""What people see in the dashboards: colours that mean one thing, whole numbers, links, events."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from exporter.vendors import VENDORS
from grafana.build import colours
from grafana.build.queries import UUID
from tests.test_dashboards import DASHBOARDS, dashboards, panels

ALARMING = {colours.BAD, colours.WARN}
GOOD_NAMES = (
    *("active", "active people", "acceptances", "accepted", "completed", "success", "under_7d"),
    *("200", "304", "ok", "used", "merged"),
)
"""Names of lines that are good, wherever they are."""
COUNTED_IN = {"locale"}


def overrides(panel: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """For which name or expression, and the properties that they have."""
    for override in panel["fieldConfig"].get("overrides") or ():
        yield (
            override["matcher"]["options"],
            {each["id"]: each["value"] for each in override["properties"]},
        )


def colour_of(panel: Mapping[str, Any], line: str) -> Mapping[str, Any] | None:
    """How a line of this name is drawn, where that is fixed."""
    for expression, properties in overrides(panel):
        if expression.startswith("/") and re.search(expression.strip("/"), line):
            found: Mapping[str, Any] | None = properties.get("color")
            return found
    return None


def legends(panel: Mapping[str, Any]) -> list[str]:
    return [target.get("legendFormat", "") for target in panel["targets"]]


def test_every_vendor_has_a_colour_and_a_dashboard() -> None:
    """One of its own, which is neither red nor orange."""
    names = {vendor.name for vendor in VENDORS}
    assert set(colours.VENDORS) == set(colours.BOARDS) == names
    assert len(set(colours.VENDORS.values())) == len(names)
    assert not ALARMING & set(colours.VENDORS.values())
    uids = {dashboard["uid"] for dashboard in DASHBOARDS}
    assert {f"usage-exporter-{board}" for board in colours.BOARDS.values()} <= uids


@dashboards
def test_a_vendor_keeps_its_colour(dashboard: Mapping[str, Any]) -> None:
    """As a line, in shades where it has several, and in the cells of tables."""
    for panel in panels(dashboard):
        for legend in legends(panel):
            if "{{vendor}}" not in legend:
                continue
            for vendor, colour in colours.VENDORS.items():
                line = re.sub(r"\{\{\w+\}\}", "any", legend.replace("{{vendor}}", vendor))
                found = colour_of(panel, line)
                assert found, (panel["title"], line)
                assert found["fixedColor"] == colour, (panel["title"], line)
        if panel["type"] == "table" and "vendor" in headings(panel):
            cells = dict(overrides(panel))[headings(panel)["vendor"]]["mappings"][0]["options"]
            assert {name: cell["color"] for name, cell in cells.items()} == colours.VENDORS


def headings(panel: Mapping[str, Any]) -> Mapping[str, str]:
    found: Mapping[str, str] = panel["transformations"][-1]["options"]["renameByName"]
    return found


@dashboards
def test_good_is_not_red(dashboard: Mapping[str, Any]) -> None:
    """Lines with fixed names have fixed colours, and what is good has no alarming one."""
    for panel in panels(dashboard):
        if panel["type"] != "timeseries":
            continue
        for legend in legends(panel):
            if "{{" not in legend:
                found = colour_of(panel, legend)
                assert found, (panel["title"], legend)
                assert legend == "rate-limited" or found["fixedColor"] not in ALARMING
        shaded = panel["fieldConfig"]["defaults"]["color"]
        assert shaded["mode"] == "shades", "a palette has red in it"
        assert shaded["fixedColor"] not in ALARMING
        for name in GOOD_NAMES:
            found = colour_of(panel, name)
            assert not found or found["fixedColor"] not in ALARMING, (panel["title"], name)


@dashboards
def test_what_is_counted_is_whole(dashboard: Mapping[str, Any]) -> None:
    """3 polls, not 3.02; an axis, a big number and a cell alike."""
    for panel in panels(dashboard):
        defaults = panel["fieldConfig"]["defaults"]
        if defaults["unit"] in COUNTED_IN:
            assert defaults["decimals"] == 0, panel["title"]
        for name, properties in overrides(panel):
            if properties.get("unit") in COUNTED_IN:
                assert properties["decimals"] == 0, (panel["title"], name)


@dashboards
def test_requests_are_told_by_the_hour(dashboard: Mapping[str, Any]) -> None:
    """Nobody knows what 0.0005 requests a second are: rate() is for ratios and seconds only."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            if re.search(r"\b(?:rate|irate|deriv)\(", target["expr"]):
                unit = panel["fieldConfig"]["defaults"]["unit"]
                assert unit in {"percentunit", "s"} or panel["type"] == "table", panel["title"]


@dashboards
def test_tables_link_to_the_dashboard_of_a_vendor(dashboard: Mapping[str, Any]) -> None:
    """A click on a vendor leads there, with the time range and the data source."""
    for panel in panels(dashboard):
        if panel["type"] != "table" or "vendor" not in headings(panel):
            continue
        by_name = dict(overrides(panel))
        [link] = by_name[headings(panel)["vendor"]]["links"]
        heading = headings(panel)["board"]
        assert link["url"].startswith(f"/d/usage-exporter-${{__data.fields.{heading}}}?")
        assert "${__url_time_range}" in link["url"]
        assert by_name[heading]["custom.hidden"] is True
        for target in panel["targets"]:
            for vendor, board in colours.BOARDS.items():
                shown = f'"board", "{board}", "vendor", "{vendor}"' in target["expr"]
                assert shown or board == vendor, panel["title"]


@dashboards
def test_models_with_a_uuid_are_shortened(dashboard: Mapping[str, Any]) -> None:
    """Before they are added up, so that two with one beginning share a row and none is lost."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            for labels, grown in re.findall(r"sum by \(([^)]*)\) \((\w+)", target["expr"]):
                assert "model" not in labels.split(", ") or grown == "label_replace", panel["title"]


def test_a_uuid_is_known_as_such() -> None:
    """In either case, and nothing else is."""
    for model in ("3f2b8c1e-1111-4222-8333-abcdefabcdef", "3F2B8C1E-1111-4222-8333-ABCDEFABCDEF"):
        assert re.fullmatch(UUID, model)
    assert not re.fullmatch(UUID, "claude-sonnet-4-20250514")


@dashboards
def test_teams_are_a_top_12(dashboard: Mapping[str, Any]) -> None:
    """An organization has hundreds: no panel is repeated for each, and lines are the busiest only."""
    for panel in panels(dashboard):
        assert panel.get("repeat") not in {"team", "team_name", "team_slug"}, panel["title"]
        if panel["type"] == "timeseries":
            for target in panel["targets"]:
                if re.search(r"by \(team_\w+\)", target["expr"]):
                    assert "topk(12," in target["expr"], panel["title"]


@dashboards
def test_accounts_are_offered_whether_or_not_there_are_data(dashboard: Mapping[str, Any]) -> None:
    """A month's bill is empty in its first hours, and a new target has nothing yet."""
    [account] = [v for v in dashboard["templating"]["list"] if v["name"] == "account"]
    assert account["query"].startswith("label_values(usage_exporter_poll_interval_seconds{")


@dashboards
def test_reloads_and_changes_of_state_are_marked(dashboard: Mapping[str, Any]) -> None:
    """In every dashboard, because they explain its gaps and steps."""
    found = {each["name"]: each for each in dashboard["annotations"]["list"]}
    assert set(found) >= {"Configuration read", "Configuration refused", "State of a stream"}
    assert "config_last_reload" in found["Configuration read"]["expr"]
    assert "stream_state" in found["State of a stream"]["expr"]
    for each in found.values():
        assert 'job=~"$job"' in each["expr"]


@dashboards
def test_nothing_hides_that_data_are_absent(dashboard: Mapping[str, Any]) -> None:
    """`or vector(0)` would show a green 0 where nothing is known."""
    for panel in panels(dashboard):
        for target in panel["targets"]:
            assert "vector(0)" not in target["expr"], panel["title"]
        # A panel without data does not claim that all is well.
        claimed = panel["fieldConfig"]["defaults"].get("noValue", "no data")
        assert re.search("no data|not loaded|never scraped|unknown", claimed), panel["title"]
