"""What a Prometheus would know that had scraped for months: it is given some of the past as blocks."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from exporter.model import DAY, MINUTE
from tests.e2e.processes import Exporter, program

FAMILIES = (
    *("assistant_acceptances_total", "assistant_cost_usd_total", "assistant_daily_active_users"),
    *("cursor_cycle_spend_usd", "cursor_pool_used_usd", "github_billing_month_net_usd"),
    *("github_copilot_monthly_active_users", "github_usage_report_net_usd_total"),
    "usage_exporter_last_success_timestamp_seconds",
)
"""What queries ask the past of."""
AGES = (45, 40, 30, 28, 10, 8, 7, 4)
"""In days: two in each window of a counter, and one at each offset of a gauge."""
LASTS = 40
"""For so many minutes after each age there are samples, because a query asks a while after they were made."""
_EVERY = 4


def remember(directory: Path, exporter: Exporter, now: float) -> None:
    """Put the exporter's page into the past of the Prometheus in a directory; all has grown since."""
    text = directory / "past.txt"
    text.write_text("\n".join([*_lines(exporter, int(now)), "# EOF\n"]), encoding="utf-8")
    subprocess.run(
        [
            *(program("promtool"), "tsdb", "create-blocks-from", "openmetrics"),
            *(str(text), str(directory / "tsdb")),
        ],
        check=True,
        capture_output=True,
    )


def _lines(exporter: Exporter, now: int) -> Iterator[str]:
    page = exporter.page()
    scraped = f'instance="127.0.0.1:{exporter.port}",job="usage-exporter"'
    for family in FAMILIES:
        kind = "counter" if family.endswith("_total") else "gauge"
        yield f"# TYPE {family.removesuffix('_total')} {kind}"
        for labels, value in re.findall(rf"^{family}\{{(.*)\}} (\S+)$", page, re.MULTILINE):
            for age in AGES:
                for minute in range(0, LASTS, _EVERY):
                    at = now - age * DAY + minute * MINUTE
                    yield f"{family}{{{labels},{scraped}}} {float(value) / age} {at}"
            # What a month has cost is told from a midnight on; the last one may be as young as the demo.
            yield f"{family}{{{labels},{scraped}}} {float(value) / 2} {now - now % DAY - DAY}"
