"""Stream `usage`: tokens by workspace, model, service tier and kind, and web searches, by the hour."""

from collections import Counter
from typing import Any, ClassVar

import msgspec

from exporter.streams import common_metrics, kit
from exporter.vendors.anthropic.pages import Report
from exporter.vendors.anthropic.reports import Bucket, BucketReport, ReportOptions
from exporter.vendors.anthropic.rights import REPORTS
from exporter.vendors.anthropic.tokens import ASSISTANT_KINDS, Tokens
from exporter.vendors.anthropic.vendor import USAGE as GROUP
from exporter.vendors.anthropic.vendor import AnthropicTarget, needs_admin
from exporter.vendors.anthropic.workspaces import workspace_of

MESSAGES = kit.Endpoint("/v1/organizations/usage_report/messages", GROUP)
MOST_HOURS = 168
"""Buckets that a page can have."""
API = "Anthropic usage report, by the hour, about 5 minutes late"


class Options(ReportOptions):
    """Options of `usage`."""

    interval: kit.Duration = kit.Field(default=5 * kit.MINUTE, ge=1)
    lookback: kit.Duration = kit.Field(default=2 * kit.DAY, ge=kit.HOUR)
    recent: kit.Duration = kit.Field(default=6 * kit.HOUR, ge=0)
    """How much of the lookback every poll reads again; what is older is read once a day."""
    page_size: int = kit.Field(default=MOST_HOURS, ge=1, le=MOST_HOURS)
    """Hours a request; fewer where thousands of workspaces and models make the answers too large."""


TOKENS = kit.Group.counters(
    {"anthropic_tokens_total": "Tokens of requests to models"},
    api=API,
    labels=("workspace", "model", "service_tier", "token_kind"),
    foldable_labels=("workspace", "model"),
)
SEARCHES = kit.Group.counters(
    {"anthropic_web_search_requests_total": "Web searches that models made"},
    api=API,
    labels=("workspace",),
)
ALL_TOKENS = kit.Group(common_metrics.TOKENS)
METRICS = (*TOKENS.metrics, *SEARCHES.metrics, *ALL_TOKENS.metrics)


class _ServerToolUse(msgspec.Struct, kw_only=True):
    web_search_requests: kit.Count


class _Result(Tokens, kw_only=True):
    """What a workspace used of a model in one tier."""

    ignored: ClassVar = kit.names(
        "account_id api_key_id context_window inference_geo service_account_id speed"
    )

    server_tool_use: _ServerToolUse
    workspace_id: str | None = None
    model: str | None = None
    service_tier: str | None = None


class _Hour(Bucket, kw_only=True):
    results: list[_Result]


class Usage(Report, kw_only=True):
    """A page of hours, oldest first, also of those without any use."""

    data: list[_Hour]


def _count(hour: _Hour, start: int, tally: kit.Tally, _: kit.Reject) -> int:
    common: Counter[str] = Counter()
    for each in hour.results:
        workspace = workspace_of(each.workspace_id)
        series = (workspace, each.model or kit.UNKNOWN, each.service_tier or kit.UNKNOWN)
        for kind, tokens in each.by_kind.items():
            tally.add(TOKENS, (*series, kind), start, (tokens,))
            common[ASSISTANT_KINDS[kind]] += tokens
        tally.add(SEARCHES, (workspace,), start, (each.server_tool_use.web_search_requests,))
    for kind, tokens in common.items():
        tally.add(ALL_TOKENS, (kind,), start, (tokens,))
    return len(hour.results)


REPORT = BucketReport(
    endpoint=MESSAGES,
    page=Usage,
    width="1h",
    seconds=kit.HOUR,
    group_by=("workspace_id", "model", "service_tier"),
    metrics=METRICS,
    buckets=lambda page: page.data,
    count=_count,
)


def _sizes(_: AnthropicTarget, options: Any) -> dict[str, int]:
    return {"workspace": options.expected_workspaces, "service_tier": 2, "token_kind": 5}


STREAM = kit.Stream(
    name="usage",
    summary="tokens by workspace, model and service tier, and web searches",
    metrics=METRICS,
    options=Options,
    read=REPORT.read,
    plan=REPORT.plan,
    probe=kit.once(REPORT.newest, Usage),
    right=REPORTS,
    bucket=kit.HOUR,
    inapplicable=needs_admin,
    label_sizes=_sizes,
    first_read=REPORT.first_read,
)
