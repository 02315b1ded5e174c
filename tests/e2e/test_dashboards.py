"""Every query of every dashboard and rule runs in a real Prometheus on the demo's metrics."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import history
from tests.e2e.panels import (
    DASHBOARDS,
    bill_of_the_month,
    reviewed_days,
    small_demo,
    substituted,
    variables,
)
from tests.e2e.processes import (
    PATIENCE,
    Exporter,
    Prometheus,
    Simulator,
    stopping,
    wait_for,
)
from tests.e2e.prometheus_api import RULES, Api, hasty_rules, own_budget

pytestmark = [
    pytest.mark.process,
    pytest.mark.real_time("panels and rules compare the exporter's times with Prometheus's"),
]

EMPTY: Mapping[str, str] = {
    "offset 4d": "a forecast from the first four days of a billing cycle says nothing",
    "unless on (vendor)": "no vendor's spend need be unknown",
    "process_start_time_seconds": "restarts are asked of whole minutes, and Prometheus may be younger",
    "day_of_month()": "a forecast from the first two days of a month says nothing",
}
"""Parts of queries that may have no data in the demo, and why."""
ABOVE_ZERO = " > 0"
"""Hides rows without use and ratios of nothing; nothing may be new in the demo's first minute."""
COOKBOOK = Path(__file__).parents[2] / "docs" / "promql.md"
QUERIES = re.findall(
    r"^```promql\n(.*?)\n```$", COOKBOOK.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
)
MEMBERS = "/cursor/teams/members"
ODD_MEMBERS = [{"role": "member"}, {"role": "owner", "surprise": 1}, {"role": 7}]
"""With a field that is unknown, and a row that cannot be read."""
FIRST_FAULTS: Sequence[Mapping[str, Any]] = (
    {"status": 429, "headers": {"Retry-After": "1"}},
    {"status": 200, "body": json.dumps({"teamMembers": ODD_MEMBERS})},
)
"""What the first requests for members meet, each once."""
_PAST = "count(github_copilot_monthly_active_users offset 28d)"
_USED = "deriv(github_billing_budget_consumed_usd[4d])"
LAST_FAULT = {"path": MEMBERS, "kind": "status", "status": 403}
"""What it meets at last, so that there is a stream in trouble and an alert."""
ENOUGH_SCRAPES = 3
"""With all series: a rate needs two."""

dashboards = pytest.mark.parametrize("path", DASHBOARDS, ids=[path.stem for path in DASHBOARDS])


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """Prometheus with the demo, once all streams were polled and all rules evaluated."""
    directory = tmp_path_factory.mktemp("demo")
    simulator = Simulator(directory, "--no-rate-limit", "--developers=60")
    with stopping(simulator):
        simulator.control("billing", {"items": bill_of_the_month()})
        for work in reviewed_days():
            simulator.control("pull-requests", work)
        for fault in FIRST_FAULTS:
            simulator.control("faults", {"path": MEMBERS, "kind": "status", "times": 1, **fault})
        exporter = Exporter(directory, _configuration(simulator, directory))
        with stopping(exporter.process):
            rules = hasty_rules(directory, frozenset({"for"}), _budget_of_the_demo())
            server = Prometheus(directory, exporter.port, rules=rules)
            api = Api(server.url)
            with stopping(server), contextlib.closing(api):
                _wait_until_settled(directory, api, server, exporter, simulator)
                yield api


def _configuration(simulator: Simulator, directory: Path) -> dict[str, Any]:
    """The small demo; the stream that meets faults is polled again soon."""
    config = small_demo(simulator, directory)
    for target in config["targets"]:
        members = target["streams"].get("members", {})
        if "interval" in members:
            members["interval"] = "1s"
    return config


def _budget_of_the_demo() -> list[dict[str, Any]]:
    """The budget that the page of alerts records, for the demo's account."""
    groups: list[dict[str, Any]] = own_budget()["groups"]
    for group in groups:
        for rule in group["rules"]:
            rule["labels"]["account"] = "acme"
    return groups


def _wait_until_settled(
    directory: Path, api: Api, server: Prometheus, exporter: Exporter, simulator: Simulator
) -> None:
    def polled() -> bool:
        assert exporter.process.running, exporter.process.output.read_text("utf-8")
        return bool(
            api.instant(
                "count(usage_exporter_last_success_timestamp_seconds)"
                " == count(usage_exporter_series)"
            )
        )

    def in_trouble() -> object:
        return api.instant('usage_exporter_stream_state{stream="members",state="forbidden"} == 1')

    wait_for("every stream of the demo was polled", polled, patience=5 * PATIENCE)
    history.remember(directory, exporter, api.now())
    simulator.control("faults", LAST_FAULT)
    simulator.control("billing", {"items": bill_of_the_month()})
    wait_for("a stream is in trouble", in_trouble)
    wait_for("the past is there", lambda: api.instant(_PAST))
    wait_for("a budget is used", lambda: api.instant(f"{_USED} > 0"))
    for _ in range(ENOUGH_SCRAPES):
        server.wait_for_scrape()
    api.wait_for_rules()
    api.wait_for_rules()
    api.stay_at_a_scrape()


def has_data(api: Api, expression: str, *, instant: bool = True) -> bool:
    """Whether there is a result, be it one that `> 0` hides; what is excused need only run."""
    run = api.instant if instant else api.over_time
    return bool(
        run(expression)
        or run(expression.replace(ABOVE_ZERO, ""))
        or any(part in expression for part in EMPTY)
    )


@dashboards
def test_every_query_executes_and_returns_data(path: Path, prometheus: Api) -> None:
    """At once or over a time range, as its panel asks; empty are only those with a reason."""
    dashboard = json.loads(path.read_text(encoding="utf-8"))
    chosen = variables(dashboard)
    empty = [
        (panel["title"], target["expr"])
        for panel in dashboard["panels"]
        for target in panel.get("targets") or []
        if not has_data(prometheus, substituted(target["expr"], chosen), instant=target["instant"])
    ]
    assert not empty


@dashboards
def test_every_mark_executes(path: Path, prometheus: Api) -> None:
    """Prometheus takes each expression; the time at which the configuration was read is there."""
    dashboard = json.loads(path.read_text(encoding="utf-8"))
    chosen = variables(dashboard)
    found = {
        mark["name"]: prometheus.instant(substituted(mark["expr"], chosen))
        for mark in dashboard["annotations"]["list"]
    }
    assert found["Configuration read"]


@dashboards
def test_every_variable_has_values(path: Path, prometheus: Api) -> None:
    """What Grafana would offer for `label_values(series, label)`."""
    dashboard = json.loads(path.read_text(encoding="utf-8"))
    chosen = variables(dashboard)
    for variable in dashboard["templating"]["list"]:
        if variable["type"] != "query":
            continue
        asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"])
        assert asked, variable["query"]
        series, label = asked.groups()
        found = prometheus.instant(f"count by ({label}) ({substituted(series, chosen)})")
        assert [row["metric"][label] for row in found if row["metric"].get(label)], variable["name"]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.split("[")[0][:60])
def test_every_query_of_the_cookbook_returns_data(query: str, prometheus: Api) -> None:
    """What a query compares need not be so in the demo, but must be there."""
    compared = re.sub(r" (==|>) \d[\d *]*$", "", query)
    found = prometheus.instant(query) or has_data(prometheus, compared)
    assert found


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
    texts = [path.read_text(encoding="utf-8").replace('\\"', '"') for path in paths]
    assert all(any(part in text for text in texts) for part in EMPTY)
