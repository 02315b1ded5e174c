"""The demo's configuration: what its dashboards need of it."""

from pathlib import Path

import yaml

from exporter.demo import configuration
from exporter.duration import parse_duration

ROOT = Path(__file__).parent.parent


def test_prometheus_sees_the_zero_before_the_history(tmp_path: Path) -> None:
    """The birth hold lasts two scrapes of the example, so that `increase()` has the 28 days."""
    counting = configuration("http://127.0.0.1:8080", tmp_path).counting
    scraping = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    interval = parse_duration(scraping["global"]["scrape_interval"])
    assert counting.history == "count"
    assert counting.birth_hold >= 2 * interval


def test_every_budget_tells_what_is_consumed(tmp_path: Path) -> None:
    """The list of budgets alone tells it for people only."""
    told = configuration("http://127.0.0.1:8080", tmp_path).model_dump()
    [enterprise] = [one for one in told["targets"] if one["account"] == "acme-enterprise"]
    assert enterprise["streams"]["billing_usage"]["budget_details"]
