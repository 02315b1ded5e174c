"""What fires in a real Prometheus goes through the shipped Alertmanager configuration: one fault, one message."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.alertmanager import Alertmanager, Webhook, webhook
from tests.e2e.processes import Exporter, Prometheus, Simulator, stopping, wait_for
from tests.e2e.prometheus_api import RULES, Api, hasty_rules

pytestmark = pytest.mark.process

SHIPPED = RULES.parent / "alertmanager.yml"
LAST = {"alertname": "Last", "severity": "critical"}
"""It comes after all others, so that its notification is the last one."""


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as hook:
        yield hook


def shipped_configuration(hook: Webhook) -> dict[str, Any]:
    """The file as it is, but for the receivers' address and the half minute of waiting."""
    config: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    assert config["route"]["group_wait"] == "30s"
    config["route"]["group_wait"] = "1s"
    for receiver in config["receivers"]:
        for target in receiver.get("webhook_configs", ()):
            target["url"] = target["url"].replace("http://localhost:5001", hook.url)
    return config


@contextlib.contextmanager
def firing(directory: Path, port: int, settled: Callable[[Api], object]) -> Iterator[Api]:
    """Prometheus with the shipped rules, once they were evaluated on a settled page; none has to last."""
    rules = hasty_rules(directory, without=frozenset({"for"}))
    server = Prometheus(directory, port, rules=rules, evaluation="1s")
    api = Api(server.url)
    with stopping(server), contextlib.closing(api):
        wait_for("the page is settled", lambda: settled(api))
        # Alerts read what recording rules have written, and some of them the growth of it.
        for _ in range(3):
            api.wait_for_rules()
        yield api


def routed(directory: Path, alerts: list[dict[str, Any]], hook: Webhook) -> list[dict[str, str]]:
    """What Alertmanager leaves of these alerts; the webhook has been told all of it then."""
    alertmanager = Alertmanager(directory, shipped_configuration(hook))
    with stopping(alertmanager):
        alertmanager.wait_until_ready()
        alertmanager.send(
            [{"labels": a["labels"], "annotations": a["annotations"]} for a in alerts]
        )
        alertmanager.send([{"labels": LAST}])
        wait_for("the last one was told", lambda: LAST in [a["labels"] for a in hook.alerts])
        left = [labels for labels in alertmanager.active() if labels != LAST]
        graver = [labels for labels in left if labels["severity"] != "info"]
        wait_for("all were told", lambda: len(hook.alerts) == len(graver) + 1)
    return left


def notifications(hook: Webhook) -> list[tuple[str, str]]:
    """To whom, and about which alert."""
    return sorted(
        (path, body["groupLabels"]["alertname"])
        for path, body in hook.told
        if body["groupLabels"]["alertname"] != "Last"
    )


@dataclass(frozen=True)
class Spender:
    """An account whose series have these values at an age in seconds."""

    series: Mapping[str, Callable[[float], float]]
    """By name and labels without the account."""
    expected: tuple[str, str]
    """Who should be told which alert."""
    says: str = ""
    alone: bool = False
    """Whether nothing else fires that Alertmanager would have to leave out."""


def budget(name: str, consumed: Callable[[float], float]) -> dict[str, Callable[[float], float]]:
    """A GitHub budget of 1000 dollars, of which so much is consumed."""
    labels = f'{{budget_scope="enterprise",budget_name="{name}"}}'
    return {
        f"github_billing_budget_usd{labels}": lambda _: 1000,
        f"github_billing_budget_consumed_usd{labels}": consumed,
    }


def team(spent: float) -> dict[str, Callable[[float], float]]:
    """A Cursor team in the first hour of a cycle that may spend 1000 dollars."""
    return {
        'cursor_members{role="member"}': lambda _: 10,
        "cursor_members_with_spend_limit{}": lambda _: 10,
        "cursor_member_spend_limits_usd{}": lambda _: 1000,
        "cursor_cycle_start_timestamp_seconds{}": lambda _: float(int(time.time() - 3_600)),
        'cursor_cycle_spend_usd{type="on_demand"}': lambda _: spent,
    }


def organization(used: float) -> dict[str, Callable[[float], float]]:
    """A Cursor organization with a pool of 1000 dollars, of which a team has taken more than it may."""
    return {
        "cursor_pool_limit_usd{}": lambda _: 1000,
        "cursor_pool_used_usd{}": lambda _: used,
        "cursor_pool_remaining_usd{}": lambda _: 1000 - used,
        'cursor_team_pool_used_usd{team="7"}': lambda _: 155,
        'cursor_team_pool_limit_usd{team="7"}': lambda _: 100,
    }


def console(cost: float, forecast: float) -> dict[str, Callable[[float], float]]:
    """An Anthropic organization that may cost 1000 dollars in a month, as the rules record it after some days."""
    return {
        "account:anthropic_month_budget_usd:given{}": lambda _: 1000,
        "account:anthropic_month_cost_usd:last{}": lambda _: cost,
        "account:anthropic_month_cost_usd:forecast{}": lambda _: forecast,
    }


SPENDERS = {
    "credits-used-up": Spender(
        budget("copilot", lambda _: 1550),
        ("/pager", "GitHubAiCreditsUsedUp"),
        "155% of budget",
        alone=True,
    ),
    "exceeded": Spender(
        budget("actions", lambda _: 1550),
        ("/tickets", "GitHubBudgetExceeded"),
        "155% of budget",
        alone=True,
    ),
    "credits-run-out": Spender(
        budget("copilot", lambda age: min(990, 800 + age)), ("/pager", "GitHubAiCreditsRunningOut")
    ),
    "runs-out": Spender(
        budget("actions", lambda age: min(990, 800 + age)),
        ("/tickets", "GitHubSpendForecastOverBudget"),
    ),
    "team-ahead": Spender(
        team(800), ("/tickets", "CursorSpendAheadOfLimit"), "80% of what", alone=True
    ),
    "team-spent": Spender(
        team(1550), ("/tickets", "CursorSpendLimitReached"), "155% of what", alone=True
    ),
    "pool-used": Spender(organization(1550), ("/pager", "CursorPoolUsedUp"), "155% of the pool"),
    "pool-left": Spender(
        organization(300), ("/tickets", "CursorTeamPoolUsedUp"), "155% of what", alone=True
    ),
    "month-spent": Spender(
        console(1550, 2000), ("/tickets", "AnthropicBudgetUsedUp"), "155% of what", alone=True
    ),
    "month-runs-out": Spender(
        console(990, 1550), ("/tickets", "AnthropicSpendForecastOverBudget"), "155% of what"
    ),
    "key-ends": Spender(
        {
            'anthropic_api_key_expiry_timestamp_seconds{workspace="7"}': lambda _: float(
                int(time.time() + 86_400)
            )
        },
        ("/tickets", "AnthropicApiKeyExpires"),
        "of workspace 7 of",
        alone=True,
    ),
}
"""By account."""


@contextlib.contextmanager
def spenders_page() -> Iterator[int]:
    """A page of metrics with what the accounts spend; its port."""
    began = time.time()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            for account, spender in SPENDERS.items():
                for series, value in spender.series.items():
                    named = series.replace("{", f'{{account="{account}",', 1).replace(",}", "}")
                    self.wfile.write(f"{named} {value(time.time() - began)}\n".encode())

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.real_time("alerts compare the page's times with Prometheus's")
def test_whoever_spends_is_told_once(tmp_path: Path, hook: Webhook) -> None:
    """Either what has happened or the nearest forecast; never that what is used up will be used up."""

    def settled(api: Api) -> object:
        return api.instant("github_billing_budget_consumed_usd > 800 < 1000")

    with spenders_page() as port, firing(tmp_path, port, settled) as api:
        alerts = api.firing()
    left = routed(tmp_path, alerts, hook)
    assert sorted(labels["account"] for labels in left) == sorted(SPENDERS)
    assert notifications(hook) == sorted(spender.expected for spender in SPENDERS.values())
    for account, spender in SPENDERS.items():
        fired = {
            alert["labels"]["alertname"]: alert["annotations"]["description"]
            for alert in alerts
            if alert["labels"]["account"] == account
        }
        assert spender.says in fired[spender.expected[1]]
        assert len(fired) == 1 or not spender.alone


def test_one_bad_token_is_told_once(tmp_path: Path, hook: Webhook) -> None:
    """Two accounts and all of their streams fail by it: one page that names both."""
    token = tmp_path / "token"
    token.write_text("not-the-token", encoding="utf-8")
    simulator = Simulator(tmp_path, "--developers=5", "--no-rate-limit")
    with stopping(simulator):
        targets = [
            {
                "vendor": "github",
                "account": account,
                "org": account,
                "base_url": f"{simulator.url}/github",
                "auth": {"token_file": str(token)},
                "requests_per_minute": 100_000,
            }
            for account in ("acme", "beta")
        ]
        config = {"targets": targets, "state": {"path": str(tmp_path / "state.db")}}
        exporter = Exporter(tmp_path, config)
        with stopping(exporter.process), firing(tmp_path, exporter.port, _refused) as api:
            alerts = api.firing()
    names = {alert["labels"]["alertname"] for alert in alerts}
    assert names >= {"UsageExporterTargetDown", "UsageExporterStreamStale"}, (
        "what follows fires too"
    )
    left = routed(tmp_path, alerts, hook)
    assert {labels["account"] for labels in left} == {"acme", "beta"}
    assert len(left) == 2
    assert notifications(hook) == [("/pager", "UsageExporterCredentialRefused")]


def _refused(api: Api) -> object:
    """All streams of both accounts were refused."""
    return api.instant(
        'count(usage_exporter_stream_state{state="unauthorized"} == 1)'
        " == count(usage_exporter_poll_interval_seconds)"
    ) and api.instant("count(usage_exporter_up == 0) == 2")
