"""Every query of every dashboard runs in a real Prometheus on the demo's metrics."""

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from grafana.build import DIRECTORY
from tests.e2e.processes import PATIENCE, Process, Prometheus, free_port, wait_for

EMPTY: Mapping[str, str] = {
    "usage_exporter_schema_drift_total": "the demo's vendors send only fields that are known",
    "day_of_month()": "a forecast from the first two days of a month says nothing",
}
"""Parts of queries that may have no data in the demo, and why."""
ABOVE_ZERO = " > 0"
"""Hides rows without use and ratios of nothing; nothing may be new in the demo's first minute."""
DASHBOARDS = sorted(DIRECTORY.iterdir())
VARIABLES = {"$__rate_interval": "1m", "$__interval": "15s", "$__range": "30d"}
SETTLING_SECONDS = 5


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Prometheus with the demo, once every stream of it was polled and scraped a few times."""
    directory = tmp_path_factory.mktemp("demo")
    port = free_port()
    demo = Process(
        [sys.executable, "-m", "exporter", "demo", f"--web.listen-address=127.0.0.1:{port}"],
        directory / "demo.log",
    )
    try:
        server = Prometheus(directory, port)
        try:
            wait_for(
                "every stream of the demo was polled",
                lambda: server.query(
                    "count(usage_exporter_last_success_timestamp_seconds)"
                    " == count(usage_exporter_series)"
                ),
                patience=5 * PATIENCE,
            )
            polled = time.time()
            wait_for(
                "a few scrapes with all series",
                lambda: server.query(f"vector(time()) > {polled + SETTLING_SECONDS}"),
            )
            yield server
        finally:
            server.stop()
    finally:
        demo.stop()


def run(prometheus: Prometheus, expression: str) -> list[dict[str, Any]]:
    """The result, or Prometheus's own words about what is wrong."""
    answer = httpx.post(
        f"{prometheus.url}/api/v1/query", data={"query": expression}, timeout=PATIENCE
    )
    assert answer.status_code == 200, f"{expression}\n{answer.text}"
    result: list[dict[str, Any]] = answer.json()["data"]["result"]
    return result


def has_data(prometheus: Prometheus, expression: str) -> bool:
    """Whether there is a result, be it one that `> 0` hides; what is excused need only run."""
    return bool(
        run(prometheus, expression)
        or run(prometheus, expression.replace(ABOVE_ZERO, ""))
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


@pytest.mark.parametrize("path", DASHBOARDS, ids=[path.stem for path in DASHBOARDS])
def test_every_query_executes_and_returns_data(path: Path, prometheus: Prometheus) -> None:
    """Empty are only those queries for which a reason is written down."""
    dashboard = json.loads(path.read_text())
    names = [variable["name"] for variable in dashboard["templating"]["list"]]
    empty = [
        (panel["title"], target["expr"])
        for panel in dashboard["panels"]
        for target in panel.get("targets") or []
        if not has_data(prometheus, substituted(target["expr"], names))
    ]
    assert not empty


@pytest.mark.parametrize("path", DASHBOARDS, ids=[path.stem for path in DASHBOARDS])
def test_every_variable_has_values(path: Path, prometheus: Prometheus) -> None:
    """What Grafana would offer for `label_values(series, label)`."""
    dashboard = json.loads(path.read_text())
    variables = dashboard["templating"]["list"][1:]
    names = [variable["name"] for variable in variables]
    for variable in variables:
        asked = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"])
        assert asked, variable["query"]
        series, label = asked.groups()
        found = run(prometheus, f"count by ({label}) ({substituted(series, names)})")
        assert [row["metric"][label] for row in found if row["metric"].get(label)], variable["name"]


def test_every_excuse_is_needed() -> None:
    """An excuse for a query that is gone goes."""
    texts = [path.read_text() for path in DASHBOARDS]
    assert all(any(part in text for text in texts) for part in EMPTY)
