"""Once through everything: a burst at the simulator arrives as a notification, and resolves."""

import json
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.ports import free_port
from tests.e2e.processes import Exporter, Process, Prometheus, Simulator, program, wait_for

pytestmark = pytest.mark.process

ALERT = "GitHubApiRateLimitSpike"
RULES = Path(__file__).parents[2] / "prometheus" / "rules" / "alerts.yaml"


@pytest.fixture
def notifications() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A webhook's address, and the alerts that it was told."""
    told: list[dict[str, Any]] = []

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.extend(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["alerts"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Webhook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", told
        server.shutdown()
        thread.join()


def scaled_rule() -> dict[str, Any]:
    """The shipped alert with an hour made 20 seconds, and a day 60."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    [rule] = [rule for group in groups for rule in group["rules"] if rule.get("alert") == ALERT]
    expression = rule["expr"].replace("[1d] offset 1h", "[60s] offset 20s").replace("[1h]", "[20s]")
    assert "1h" not in expression
    return {"groups": [{"name": "e2e", "rules": [{**rule, "expr": expression, "for": "2s"}]}]}


def test_a_burst_of_a_new_subject_is_told_and_resolves(
    tmp_path: Path, notifications: tuple[str, list[dict[str, Any]]]
) -> None:
    """Simulator, daemon, Prometheus, Alertmanager, webhook: the alert names the new subject."""
    webhook, told = notifications
    (tmp_path / "github").write_text("sim-github-token")
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
        alertmanager = _alertmanager(tmp_path, webhook)
        processes.append(alertmanager[0])
        rules = tmp_path / "rules.json"
        rules.write_text(json.dumps(scaled_rule()))
        prometheus = Prometheus(
            tmp_path, exporter.port, rules=rules, evaluation="1s", alertmanager=alertmanager[1]
        )
        processes.append(prometheus)
        # What the first poll finds is not counted.
        wait_for("the traffic was polled", lambda: "api_insights" in exporter.successes())
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
            alert = wait_for(f"the alert is {status}", partial(_told, told, status))
            assert alert["labels"]["subject_name"] == "burst-bot"
            assert alert["labels"]["account"] == "acme"
            assert "installation burst-bot had" in alert["annotations"]["description"]
            assert alert["annotations"]["runbook_url"].endswith("githubapiratelimitspike.md")
    finally:
        for process in reversed(processes):
            process.stop()


def _told(told: list[dict[str, Any]], status: str) -> dict[str, Any] | None:
    return next(
        (
            alert
            for alert in told
            if alert["status"] == status and alert["labels"].get("subject_name") == "burst-bot"
        ),
        None,
    )


def _alertmanager(directory: Path, webhook: str) -> tuple[Process, str]:
    address = f"127.0.0.1:{free_port()}"
    path = directory / "alertmanager.yml"
    route = {"receiver": "test", "group_wait": "1s", "group_interval": "1s", "group_by": ["..."]}
    hook = {"url": webhook, "send_resolved": True}
    receivers = [{"name": "test", "webhook_configs": [hook]}]
    path.write_text(json.dumps({"route": route, "receivers": receivers}))
    flags = [f"--config.file={path}", f"--storage.path={directory / 'alertmanager'}"]
    flags += [f"--web.listen-address={address}", "--cluster.listen-address="]
    command = [program("prometheus-alertmanager"), *flags]
    return Process(command, directory / "alertmanager.log"), address
