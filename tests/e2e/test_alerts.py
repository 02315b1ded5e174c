"""Once through everything: a burst at the simulator arrives as a notification, and resolves."""

import json
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.alertmanager import Alertmanager, Webhook, webhook
from tests.e2e.processes import Exporter, Prometheus, Simulator, wait_for
from tests.e2e.prometheus_api import RULES

pytestmark = pytest.mark.process

ALERT = "GitHubApiRateLimitSpike"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as hook:
        yield hook


def scaled_rule() -> dict[str, Any]:
    """The shipped alert with an hour made 20 seconds, and a day 60."""
    groups = yaml.safe_load((RULES / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    [rule] = [rule for group in groups for rule in group["rules"] if rule.get("alert") == ALERT]
    expression = rule["expr"].replace("[1d] offset 1h", "[60s] offset 20s").replace("[1h]", "[20s]")
    assert "1h" not in expression
    return {"groups": [{"name": "e2e", "rules": [{**rule, "expr": expression, "for": "2s"}]}]}


def telling(hook: Webhook) -> dict[str, Any]:
    """Every alert by itself and at once."""
    route = {"receiver": "test", "group_wait": "1s", "group_interval": "1s", "group_by": ["..."]}
    receiver = {"name": "test", "webhook_configs": [{"url": hook.url, "send_resolved": True}]}
    return {"route": route, "receivers": [receiver]}


def test_a_burst_of_a_new_subject_is_told_and_resolves(tmp_path: Path, hook: Webhook) -> None:
    """Simulator, daemon, Prometheus, Alertmanager, webhook: the alert names the new subject."""
    (tmp_path / "github").write_text("sim-github-token", encoding="utf-8")
    simulator = Simulator(
        tmp_path, "--developers=5", "--no-rate-limit", "--lag-start=0s", "--lag-end=1m"
    )
    processes: list[Any] = [simulator]
    try:
        config = {
            "targets": [
                {
                    "vendor": "github",
                    "account": "acme",
                    "org": "acme",
                    "base_url": f"{simulator.url}/github",
                    "auth": {"token_file": str(tmp_path / "github")},
                    "requests_per_minute": 1_000_000,
                    "streams": {"api_insights": {"interval": "1s", "lookback": "1d"}},
                }
            ],
            "state": {"path": str(tmp_path / "state.db")},
            # Until Prometheus has seen the subject at 0.
            "counting": {"birth_hold": "1h"},
        }
        exporter = Exporter(tmp_path, config)
        processes.append(exporter.process)
        alertmanager = Alertmanager(tmp_path, telling(hook))
        processes.append(alertmanager)
        rules = tmp_path / "rules.json"
        rules.write_text(json.dumps(scaled_rule()), encoding="utf-8")
        prometheus = Prometheus(
            tmp_path, exporter.port, rules=rules, evaluation="1s", alertmanager=alertmanager.address
        )
        processes.append(prometheus)
        # What the first poll finds is not counted.
        wait_for("the traffic was polled", lambda: "github/api_insights" in exporter.successes())
        names = {
            f"{kind}_{part}": value
            for kind in ("actor", "subject")
            for part, value in (("type", "installation"), ("name", "burst-bot"), ("id", 990_001))
        }
        simulator.control(
            "traffic",
            {
                **names,
                "http_method": "GET",
                "api_route": "/repositories/:repository_id/pulls",
                "timestamp": (time.time() - 1_800) // 300 * 300,
                "total": 900,
                "rate_limited": 400,
            },
        )
        limited = 'github_api_subject_rate_limited_requests_total{subject_name="burst-bot"}'
        wait_for("Prometheus saw the subject", lambda: prometheus.query(f"{limited} == 0"))
        exporter.reconfigure({**config, "counting": {"birth_hold": "0s"}})
        for status in ("firing", "resolved"):
            alert = wait_for(f"the alert is {status}", partial(_told, hook, status))
            assert alert["labels"]["subject_name"] == "burst-bot"
            assert alert["labels"]["account"] == "acme"
            assert "installation burst-bot had" in alert["annotations"]["description"]
            assert alert["annotations"]["runbook_url"].endswith("githubapiratelimitspike.md")
    finally:
        for process in reversed(processes):
            process.stop()


def _told(hook: Webhook, status: str) -> dict[str, Any] | None:
    return next(
        (
            alert
            for alert in hook.alerts
            if alert["status"] == status and alert["labels"].get("subject_name") == "burst-bot"
        ),
        None,
    )
