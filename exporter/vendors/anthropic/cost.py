"""Stream `cost`: what Anthropic bills, by workspace, model, type of cost and kind of token, by UTC day."""

from decimal import Decimal
from typing import Any, ClassVar

import msgspec

from exporter.streams import common_metrics, kit
from exporter.streams.money import exact
from exporter.vendors.anthropic.currency import DOLLARS
from exporter.vendors.anthropic.pages import Report
from exporter.vendors.anthropic.reports import Bucket, BucketReport, ReportOptions
from exporter.vendors.anthropic.rights import REPORTS
from exporter.vendors.anthropic.vendor import COST as GROUP
from exporter.vendors.anthropic.vendor import AnthropicTarget, needs_admin
from exporter.vendors.anthropic.workspaces import workspace_of

COST_REPORT = kit.Endpoint("/v1/organizations/cost_report", GROUP)
MOST_DAYS = 31
"""Buckets that a page can have."""
API = "Anthropic cost report, by UTC day, about 5 minutes late; amounts may be revised"
TOKEN_KINDS = {
    "uncached_input_tokens": "input_uncached",
    "cache_read_input_tokens": "input_cache_read",
    "cache_creation.ephemeral_5m_input_tokens": "cache_write_5m",
    "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h",
    "output_tokens": "output",
    None: kit.UNKNOWN,
}
"""The label `token_kind` by Anthropic's types; one that is not among them is `other`."""


class Options(ReportOptions):
    """Options of `cost`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    lookback: kit.Duration = kit.Field(default=31 * kit.DAY, ge=kit.DAY)
    recent: kit.Duration = kit.Field(default=3 * kit.DAY, ge=0)
    """How much of the lookback every poll reads again; what is older is read once a day."""
    page_size: int = kit.Field(default=MOST_DAYS, ge=1, le=MOST_DAYS)
    """Days a request; fewer where thousands of workspaces and models make the answers too large."""


COST = kit.Group.counters(
    {"anthropic_cost_usd_total": "US dollars that are billed, credits taken off"},
    api=API,
    labels=("workspace", "model", "cost_type", "token_kind"),
    foldable_labels=("workspace", "model"),
    totals=(common_metrics.COST,),
)
METRICS = (*COST.metrics, *COST.totals)


class _Result(msgspec.Struct, kw_only=True):
    """A line of the bill; `amount` is in cents, and what Anthropic cannot tell of it is null."""

    ignored: ClassVar = kit.names("description service_tier context_window inference_geo")

    amount: Decimal
    currency: str
    cost_type: str | None = None
    model: str | None = None
    token_type: str | None = None
    workspace_id: str | None = None

    def __post_init__(self) -> None:
        self.amount = kit.checked("amount", exact, self.amount)

    @property
    def series(self) -> tuple[str, str, str, str]:
        """The labels: a search and a credit have no model, and nothing but tokens has a kind of them."""
        return (
            workspace_of(self.workspace_id),
            self.model or kit.UNKNOWN,
            self.cost_type or kit.UNKNOWN,
            TOKEN_KINDS.get(self.token_type, kit.OTHER),
        )


class _Day(Bucket, kw_only=True):
    results: list[_Result]


class Costs(Report, kw_only=True):
    """A page of days, oldest first, also of those that cost nothing."""

    data: list[_Day]


def _count(day: _Day, start: int, tally: kit.Tally, reject: kit.Reject) -> int:
    for each in day.results:
        if each.currency not in DOLLARS:
            reject("currency")
            continue
        tally.add(COST, each.series, start, (each.amount.scaleb(-2),))
    return len(day.results)


REPORT = BucketReport(
    endpoint=COST_REPORT,
    page=Costs,
    width="1d",
    seconds=kit.DAY,
    group_by=("workspace_id", "description"),
    metrics=METRICS,
    buckets=lambda page: page.data,
    count=_count,
)


def _sizes(_: AnthropicTarget, options: Any) -> dict[str, int]:
    return {"workspace": options.expected_workspaces, "cost_type": 2, "token_kind": 5}


STREAM = kit.Stream(
    name="cost",
    summary="what is billed, by workspace, model, type of cost and kind of token",
    metrics=METRICS,
    options=Options,
    read=REPORT.read,
    plan=REPORT.plan,
    probe=kit.once(REPORT.newest, Costs),
    right=REPORTS,
    inapplicable=needs_admin,
    label_sizes=_sizes,
    first_read=REPORT.first_read,
)
