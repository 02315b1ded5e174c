"""Copilot and the bill, end to end: what is in Prometheus equals the simulator's truth to the cent."""

import functools
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.processes import Exporter, Prometheus, Simulator, wait_for

pytestmark = pytest.mark.process

DAY = 86_400
LOOKBACK_DAYS = {"copilot_reports": 10, "billing_usage": 12, "usage_reports": 20}
FAMILIES = {
    "copilot_reports": (
        "github_copilot_code_acceptances_total",
        "github_copilot_lines_added_total",
        "github_copilot_ide_code_generations_total",
    ),
    "billing_usage": ("github_billing_net_usd_total", "github_billing_quantity_total"),
    "usage_reports": (
        "github_usage_report_net_usd_total",
        "github_ai_credit_quantity_total",
        "github_ai_credit_net_usd_total",
        "github_ai_credit_tokens_total",
    ),
}
FILES = {
    "github_usage_report_net_usd_total": "summarized",
    "github_ai_credit_quantity_total": "ai_credit",
    "github_ai_credit_net_usd_total": "ai_credit",
    "github_ai_credit_tokens_total": "ai_credit",
}
Sums = dict[tuple[str, tuple[tuple[str, str], ...]], Decimal]


def configuration(simulator: Simulator, directory: Path) -> dict[str, Any]:
    (directory / "token").write_text("sim-github-token", encoding="utf-8")
    streams: dict[str, Any] = {
        name: {"interval": "1s", "lookback": f"{days}d"} for name, days in LOOKBACK_DAYS.items()
    }
    streams["usage_reports"]["create"] = True
    target = {
        "vendor": "github",
        "account": "acme",
        "enterprise": "acme",
        "base_url": f"{simulator.url}/github",
        "auth": {"token_file": str(directory / "token")},
        "requests_per_minute": 1_000_000,
        "streams": {
            **streams,
            "rate_limit": {"enabled": False},
            "copilot_seats": {"enabled": False},
        },
    }
    return {
        "targets": [target],
        "state": {"path": str(directory / "state.db")},
        "counting": {"history": "count", "birth_hold": "0s"},
    }


def truth(simulator: Simulator, begun: float) -> Sums:
    """The true sums of every family since the first day of a stream that began at this moment.

    A file tells its days as they were posted when it was made.
    """
    made = {export["report_type"]: export for export in simulator.exports()}
    told = functools.cache(simulator.truth)
    found: Sums = {}
    for stream, days in LOOKBACK_DAYS.items():
        query = {"since": (begun - days * DAY) // DAY * DAY}
        for name in FAMILIES[stream]:
            if name in FILES:
                export = made[FILES[name]]
                query |= {"at": export["created"], "until": export["last"] + DAY}
            found |= {
                (family, labels): Decimal(str(value))
                for (family, labels), value in told(**query).items()
                if family == name
            }
    return found


def counted(page: str) -> Sums:
    families = {name for names in FAMILIES.values() for name in names}
    found: Sums = defaultdict(Decimal)
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name in families and sample.value:
                labels = {k: v for k, v in sample.labels.items() if k != "account"}
                found[sample.name, tuple(sorted(labels.items()))] += Decimal(repr(sample.value))
    return dict(found)


def near(one: Sums, other: Sums) -> bool:
    """Equal to the cent and far beyond: the page shows floats of exact decimals."""
    return one.keys() == other.keys() and all(
        abs(value - other[key]) < Decimal("1e-6") for key, value in one.items()
    )


def shown_of(truths: Sequence[Sums], page: Sums) -> Sums:
    """Of each stream and file the truth that the page shows, the first one where it shows none.

    There are two where midnight came before the last stream or file was first asked for: the two
    files of one stream are asked for one after the other.
    """
    found: Sums = {}
    together = defaultdict(set)
    for stream, names in FAMILIES.items():
        for name in names:
            together[stream, FILES.get(name)].add(name)
    for families in together.values():
        told = [{key: truth[key] for key in truth if key[0] in families} for truth in truths]
        page_part = {key: page[key] for key in page if key[0] in families}
        found |= next((truth for truth in told if near(truth, page_part)), told[0])
    return found


def exports(exporter: Exporter, status: str) -> int:
    found = re.findall(
        rf'^github_usage_report_exports{{.*status="{status}".*}} (\S+)$',
        exporter.page(),
        re.MULTILINE,
    )
    return int(sum(map(float, found)))


def test_copilot_and_the_bill_equal_the_truth_across_a_restart_in_an_export(tmp_path: Path) -> None:
    """Acceptances by feature, lines, net dollars by product and credits by model; no export twice."""
    simulator = Simulator(tmp_path, "--developers=12", "--no-rate-limit")
    simulator.control("exports", {"nightly": False, "processing_seconds": 15})
    begun = time.time()
    exporter = Exporter(tmp_path, configuration(simulator, tmp_path))
    prometheus = Prometheus(tmp_path, exporter.port)
    try:
        exporter.wait_until_ready()
        wait_for("an export is being made", lambda: exports(exporter, "processing") == 1)
        exporter.process.kill()
        exporter.start()
        exporter.wait_until_ready()
        wait_for("both exports are made", lambda: exports(exporter, "completed") == 2, 120)
        exporter.wait_for_polls([f"github/{name}" for name in LOOKBACK_DAYS])
        moments = {moment // DAY: moment for moment in (begun, time.time())}
        requests = simulator.requests()
        made = [
            r for r in requests if r["path"].endswith("/billing/reports") and r["status"] == 202
        ]
        assert sum(request["count"] for request in made) == 2

        simulator.control("freeze")
        truths = [truth(simulator, moment) for moment in moments.values()]

        def has_it_all() -> bool:
            page = counted(exporter.page())
            return near(page, shown_of(truths, page))

        wait_for("the page has it all", has_it_all, 90)
        expected = shown_of(truths, counted(exporter.page()))
        prometheus.wait_for_scrape()
        for stream, names in FAMILIES.items():
            for name in names:
                sums = {key: value for key, value in expected.items() if key[0] == name}
                total = prometheus.query(f"sum({name})")[0]["value"][1]
                assert abs(Decimal(total) - sum(sums.values())) < Decimal("0.005"), (stream, name)
                assert sums, name
    finally:
        prometheus.stop()
        exporter.process.stop()
        simulator.stop()
