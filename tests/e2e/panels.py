"""What the tests of dashboards ask: queries as Grafana sends them, on a small demo."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from exporter import demo
from exporter.model import DAY
from grafana.build import DIRECTORY
from tests.e2e.processes import Simulator

DASHBOARDS = sorted(DIRECTORY.iterdir())
TYPED = {"budget": "2000", "month_budget": "2000"}
"""What is typed in where the demo does not tell what stands for the number that is given."""
VARIABLES = {"$__rate_interval": "1m", "$__interval": "15s", "$__range": "30d"}


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


def reviewed_days() -> Iterator[dict[str, Any]]:
    """Pull requests of the days whose review times may be shown: at a weekend none may be merged."""
    today = datetime.now(UTC).timestamp() // DAY * DAY
    figures = {"created": 9, "reviewed": 8, "merged": 7, "merged_created_by_copilot": 2}
    for age in range(4, 9):
        yield {"timestamp": today - age * DAY, "repository": "acme/api", **figures}


def variables(dashboard: Mapping[str, Any]) -> dict[str, str]:
    """What each variable stands for when nothing was chosen: all, or the number that is given."""
    return {
        variable["name"]: variable["query"] if variable["type"] == "textbox" else ".+"
        for variable in dashboard["templating"]["list"]
    } | TYPED


def substituted(text: str, chosen: Mapping[str, str]) -> str:
    """The query that Grafana sends."""
    for name, value in VARIABLES.items():
        text = text.replace(name, value)
    for name, value in chosen.items():
        text = text.replace(f"${name}", value)
    assert "$" not in re.sub(r'"\$1(?:…\$2)?"', "", text), text
    return text


def panels() -> Iterator[tuple[str, Mapping[str, Any], Sequence[tuple[str, bool]]]]:
    """The name of a dashboard, a panel of it, and its queries with whether they ask for one moment."""
    for path in DASHBOARDS:
        dashboard = json.loads(path.read_text("utf-8"))
        chosen = variables(dashboard)
        for panel in dashboard["panels"]:
            targets = panel.get("targets") or []
            if targets:
                queries = [(substituted(t["expr"], chosen), t["instant"]) for t in targets]
                yield path.stem, panel, queries
