"""What the tests ask of a real Prometheus, and the shipped rules without their waiting."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.e2e.processes import PATIENCE, wait_for

RULES = Path(__file__).parents[2] / "prometheus" / "rules"
STEP_SECONDS = 15
SHOWN_SECONDS = 20 * STEP_SECONDS
"""The time range of a panel; Prometheus is younger, so that the range begins without data."""


def own_budget() -> dict[str, Any]:
    """The rules that the page of alerts shows for a budget of one's own."""
    page = (RULES.parents[1] / "docs" / "alerts.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^```yaml\n(groups:.*?)^```$", page, re.DOTALL | re.MULTILINE)
    found: dict[str, Any] = yaml.safe_load(example)
    return found


def hasty_rules(
    directory: Path,
    without: frozenset[str] = frozenset(),
    more: Sequence[Mapping[str, Any]] = (),
) -> Path:
    """All rules in one file, with more groups, and none waits two minutes for its first evaluation."""
    groups = [
        {
            "name": group["name"],
            "rules": [
                {key: value for key, value in rule.items() if key not in without}
                for rule in group["rules"]
            ],
        }
        for path in sorted(RULES.glob("*.yaml"))
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]
    ]
    path = directory / "rules.json"
    path.write_text(json.dumps({"groups": [*more, *groups]}), encoding="utf-8")
    return path


class Api:
    """Prometheus's HTTP API over connections that are kept."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=f"{url}/api/v1/", timeout=PATIENCE)
        self._at: float | None = None

    def ask(self, path: str, **parameters: str) -> Any:
        """The answer's data, or Prometheus's own words about what is wrong."""
        answer = self._client.post(path, data=parameters)
        assert answer.status_code == 200, f"{parameters}\n{answer.text}"
        return answer.json()["data"]

    def instant(self, expression: str) -> list[dict[str, Any]]:
        moment = {} if self._at is None else {"time": str(self._at)}
        result: list[dict[str, Any]] = self.ask("query", query=expression, **moment)["result"]
        return result

    def stay_at_a_scrape(self) -> None:
        """Ask of the moment of a good scrape from here on: a busy machine misses some, and gauges are gone then."""
        [up] = wait_for("a scrape is good", lambda: self.instant("timestamp(up == 1)"))
        self._at = float(up["value"][1])

    def now(self) -> float:
        """The time by Prometheus's own clock."""
        return float(self.instant("vector(time())")[0]["value"][1])

    def over_time(self, expression: str) -> list[dict[str, Any]]:
        """As a panel of a time series asks, up to now."""
        end = self.now()
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

    def wait_for_rules(self) -> None:
        """Until every rule was evaluated on what is scraped by now."""
        settled = self.now()
        wait_for(
            "every rule was evaluated", lambda: all(_evaluated(r) > settled for r in self.rules())
        )

    def firing(self) -> list[dict[str, Any]]:
        """The alerts that Prometheus would send."""
        answer = self._client.get("alerts")
        answer.raise_for_status()
        return [alert for alert in answer.json()["data"]["alerts"] if alert["state"] == "firing"]

    def close(self) -> None:
        self._client.close()


def _evaluated(rule: Mapping[str, Any]) -> float:
    """When a rule was last evaluated, in Unix seconds."""
    at = re.sub(r"\.\d+", "", rule["lastEvaluation"]).replace("Z", "+00:00")
    return datetime.fromisoformat(at).timestamp()
