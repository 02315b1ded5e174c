"""Every query of every dashboard and rule runs in a real Prometheus on the demo's metrics."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from exporter import demo
from grafana.build import DIRECTORY
from tests.e2e.processes import (
    PATIENCE,
    Exporter,
    Prometheus,
    Simulator,
    stopping,
    wait_for,
)

pytestmark = [
    pytest.mark.process,
    pytest.mark.real_time("panels and rules compare the exporter's times with Prometheus's"),
]

EMPTY: Mapping[str, str] = {
    "usage_exporter_records_rejected_total": "the demo's vendors send no odd records",
    "usage_exporter_schema_drift_total": "the demo's vendors send only fields that are known",
    "day_of_month()": "a forecast from the first two days of a month says nothing",
}
"""Parts of queries that may have no data in the demo, and why."""
ABOVE_ZERO = " > 0"
"""Hides rows without use and ratios of nothing; nothing may be new in the demo's first minute."""
DASHBOARDS = sorted(DIRECTORY.iterdir())
RULES = Path(__file__).parents[2] / "prometheus" / "rules"
VARIABLES = {"$__rate_interval": "1m", "$__interval": "15s", "$__range": "30d"}
STEP_SECONDS = 15
SHOWN_SECONDS = 20 * STEP_SECONDS
"""The time range of a panel; Prometheus is younger, so that the range begins without data."""
ENOUGH_SCRAPES = 3
"""With all series: a rate needs two."""

dashboards = pytest.mark.parametrize("path", DASHBOARDS, ids=[path.stem for path in DASHBOARDS])


def small_demo(simulator: Simulator, directory: Path) -> dict[str, Any]:
    """The demo's configuration with a week of history instead of four."""
    config = demo.configuration(simulator.url, directory).model_dump(
        mode="json", exclude_unset=True
    )
    for target in config["targets"]:
        for options in target["streams"].values():
            if "lookback" in options:
                options["lookback"] = "7d"
    return {**config, "counting": {"history": "count", "birth_hold": "3s"}}


def bill_of_the_month() -> list[dict[str, Any]]:
    """A line for this month, which has none in its first hours, nor has one that is about to begin."""
    today = datetime.now(UTC).date()
    return [{"date": str(day), "quantity": 100} for day in (today, today + timedelta(days=1))]


def hasty_rules(directory: Path) -> Path:
    """All rules in one file, and none waits two minutes for its first evaluation."""
    groups = [
        {key: value for key, value in group.items() if key != "interval"}
        for path in sorted(RULES.glob("*.yaml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    ]
    path = directory / "rules.json"
    path.write_text(json.dumps({"groups": groups}))
    return path


class Api:
    """Prometheus's HTTP API over connections that are kept."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1/", timeout=PATIENCE)

    def ask(self, path: str, **parameters: str) -> Any:
        """The answer's data, or Prometheus's own words about what is wrong."""
        answer = self._client.post(path, data=parameters)
        assert answer.status_code == 200, f"{parameters}\n{answer.text}"
        return answer.json()["data"]

    def instant(self, expression: str) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = self.ask("query", query=expression)["result"]
        return result

    def now(self) -> float:
        """The time by Prometheus's own clock."""
        return float(self.instant("vector(time())")[0]["value"][1])

    def over_time(self, expression: str) -> list[dict[str, Any]]:
        """As a panel of a time series asks, up to now."""
        end = int(self.now())
        result: list[dict[str, Any]] = self.ask(
            "query_range",
            query=expression,
            start=str(end - SHOWN_SECONDS),
            end=str(end),
            step=str(STEP_SECONDS),
        )["result"]
        assert all(row["values"] for row in result)
        return result

    def rules(self) -> list[dict[str, Any]]:
        answer = self._client.get("rules")
        answer.raise_for_status()
        return [rule for group in answer.json()["data"]["groups"] for rule in group["rules"]]

    def close(self) -> None:
        self._client.close()


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Prometheus with the demo, once all streams were polled and all rules evaluated."""
    directory = tmp_path_factory.mktemp("demo")
    simulator = Simulator(directory, "--no-rate-limit", "--developers=60")
    with stopping(simulator):
        simulator.control("billing", {"items": bill_of_the_month()})
        exporter = Exporter(directory, small_demo(simulator, directory))
        with stopping(exporter.process):
            server = Prometheus(directory, exporter.port, rules=hasty_rules(directory))
            api = Api(server.url)
            with stopping(server), contextlib.closing(api):
                _wait_until_settled(api, server, exporter)
                yield api


def _wait_until_settled(api: Api, server: Prometheus, exporter: Exporter) -> None:
    def polled() -> bool:
        assert exporter.process.running, exporter.process.output.read_text()
        return bool(
            api.instant(
                "count(usage_exporter_last_success_timestamp_seconds)"
                " == count(usage_exporter_series)"
            )
        )

    wait_for("every stream of the demo was polled", polled, patience=5 * PATIENCE)
    for _ in range(ENOUGH_SCRAPES):
        server.wait_for_scrape()
    settled = api.now()
    wait_for(
        "every rule was evaluated on them",
        lambda: all(_evaluated(rule) > settled for rule in api.rules()),
    )


def _evaluated(rule: Mapping[str, Any]) -> float:
    """When a rule was last evaluated, in Unix seconds."""
    at = re.sub(r"\.\d+", "", rule["lastEvaluation"]).replace("Z", "+00:00")
    return datetime.fromisoformat(at).timestamp()


def has_data(api: Api, expression: str, *, instant: bool = True) -> bool:
    """Whether there is a result, be it one that `> 0` hides; what is excused need only run."""
    run = api.instant if instant else api.over_time
    return bool(
        run(expression)
        or run(expression.replace(ABOVE_ZERO, ""))
        or any(part in expression for part in EMPTY)
    )


def substituted(text: str, names: list[str]) -> str:
    """With all variables at All, as Grafana does when nothing was chosen."""
    for name, value in VARIABLES.items():
        text = text.replace(name, value)
    for name in names:
        text = text.replace(f"${name}", ".+")
    assert "$" not in text, text
    return text


@dashboards
def test_every_query_executes_and_returns_data(path: Path, prometheus: Api) -> None:
    """At once or over a time range, as its panel asks; empty are only those with a reason."""
    dashboard = json.loads(path.read_text())
    names = [variable["name"] for variable in dashboard["templating"]["list"]]
    empty = [
        (panel["title"], target["expr"])
        for panel in dashboard["panels"]
        for target in panel.get("targets") or []
        if not has_data(prometheus, substituted(target["expr"], names), instant=target["instant"])
    ]
    assert not empty


@dashboards
def test_every_variable_has_values(path: Path, prometheus: Api) -> None:
    """What Grafana would offer for `label_values(series, label)`."""
    dashboard = json.loads(path.read_text())
    variables = dashboard["templating"]["list"][1:]
    names = [variable["name"] for variable in variables]
    for variable in variables:
        asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"])
        assert asked, variable["query"]
        series, label = asked.groups()
        found = prometheus.instant(f"count by ({label}) ({substituted(series, names)})")
        assert [row["metric"][label] for row in found if row["metric"].get(label)], variable["name"]


def test_every_rule_is_evaluated_without_an_error(prometheus: Api) -> None:
    """Prometheus says so of each; a join that matches twice shows only on real data."""
    assert [
        (rule["name"], rule["lastError"]) for rule in prometheus.rules() if rule["health"] != "ok"
    ] == []


def test_every_recording_rule_returns_data(prometheus: Api) -> None:
    """Empty are only those with a reason."""
    recorded = [rule for rule in prometheus.rules() if rule["type"] == "recording"]
    assert recorded
    assert [rule["name"] for rule in recorded if not has_data(prometheus, rule["query"])] == []


def test_every_excuse_is_needed() -> None:
    """An excuse for a query that is gone goes."""
    paths = [*DASHBOARDS, *RULES.glob("*.yaml")]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    assert all(any(part in text for text in texts) for part in EMPTY)
