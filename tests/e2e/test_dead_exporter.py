"""The exporter is dead: the dashboards say so in red, and nothing in them is a green 0."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.e2e.panels import bill_of_the_month, panels, small_demo
from tests.e2e.processes import PATIENCE, Exporter, Prometheus, Simulator, stopping, wait_for
from tests.e2e.prometheus_api import Api

pytestmark = [
    pytest.mark.process,
    pytest.mark.real_time("panels compare the exporter's times with Prometheus's"),
]


@pytest.fixture(scope="module")
def dead(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Prometheus that scraped a small demo, whose exporter was stopped then."""
    directory = tmp_path_factory.mktemp("dead")
    simulator = Simulator(directory, "--no-rate-limit", "--developers=12")
    with stopping(simulator):
        simulator.control("billing", {"items": bill_of_the_month()})
        exporter = Exporter(directory, small_demo(simulator, directory))
        with stopping(exporter.process):
            server = Prometheus(directory, exporter.port)
            api = Api(server.url)
            with stopping(server), contextlib.closing(api):
                wait_for(
                    "every stream was polled",
                    lambda: api.instant(
                        "count(count by (vendor, account, stream) (usage_exporter_stream_state))"
                        " == count(usage_exporter_poll_interval_seconds)"
                    ),
                    patience=5 * PATIENCE,
                )
                wait_for("the first panel says up", lambda: shown(api, "Exporter") == [1])
                exporter.process.stop()
                stopped = api.now()
                wait_for(
                    "Prometheus noticed", lambda: api.instant(f"timestamp(up == 0) > {stopped}")
                )
                yield api


def shown(api: Api, title: str) -> list[float]:
    """What a panel of the health dashboard shows."""
    [[(query, _)]] = [
        queries for name, panel, queries in panels() if (name, panel["title"]) == ("health", title)
    ]
    return [float(row["value"][1]) for row in api.instant(query)]


def colour(panel: Mapping[str, Any], value: float) -> str:
    """The colour that a big number has."""
    defaults = panel["fieldConfig"]["defaults"]
    for mapping in defaults.get("mappings") or ():
        if word := mapping["options"].get(f"{value:g}"):
            return str(word["color"])
    steps = defaults["thresholds"]["steps"]
    reached = [step for step in steps if step["value"] is None or value >= step["value"]]
    return str(reached[-1]["color"])


def test_the_first_panel_is_red(dead: Api) -> None:
    """DOWN in red, at the very top."""
    name, panel, _ = next(each for each in panels() if each[0] == "health")
    assert (name, panel["title"]) == ("health", "Exporter")
    assert (panel["gridPos"]["x"], panel["gridPos"]["y"]) == (0, 1)
    assert shown(dead, "Exporter") == [0]
    assert colour(panel, 0) == "red"


def test_no_big_number_is_a_green_zero(dead: Api) -> None:
    """In no dashboard; those of the exporter's own health have no data at all."""
    for name, panel, queries in panels():
        if panel["type"] != "stat":
            continue
        for query, _ in queries:
            values = [float(row["value"][1]) for row in dead.instant(query)]
            assert not [v for v in values if v == 0 and colour(panel, v) == "green"], panel["title"]
            if name == "health" and panel["title"] != "Exporter":
                assert values == [], panel["title"]


def test_no_line_and_no_cell_of_health_goes_on_at_zero(dead: Api) -> None:
    """What is live ends with the exporter; sums of a time range stay, and have no colour at 0."""
    for name, panel, queries in panels():
        if name != "health" or panel["type"] == "stat":
            continue
        for query, _ in queries:
            if "increase(" in query or "rate(" in query or "ALERTS" in query:
                continue
            assert dead.instant(query) == [], (panel["title"], query)
    for _, panel, _ in panels():
        for override in (
            panel["fieldConfig"].get("overrides", ()) if panel["type"] == "table" else ()
        ):
            for each in override["properties"]:
                if each["id"] == "thresholds":
                    assert each["value"]["steps"][0]["color"] == "text", panel["title"]
