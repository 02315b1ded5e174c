"""GitHub: an organization or an enterprise."""

from exporter.streams.probe import Diagnosis
from exporter.vendors.base import Vendor, target_model
from exporter.vendors.github import copilot_seats, copilot_usage, rate_limit
from exporter.vendors.github.ai_credits.stream import STREAM as AI_CREDITS
from exporter.vendors.github.api_insights.stream import STREAM as API_INSIGHTS
from exporter.vendors.github.billing.stream import STREAM as BILLING_USAGE
from exporter.vendors.github.copilot_reports.stream import STREAM as COPILOT_REPORTS
from exporter.vendors.github.remedies import identify, remedy
from exporter.vendors.github.usage_reports.stream import STREAM as USAGE_REPORTS
from exporter.vendors.github.vendor import (
    LIMITS,
    GithubTarget,
    contains,
    credential,
    not_on_ghes,
    settings,
)

_CLOUD = (
    API_INSIGHTS,
    COPILOT_REPORTS,
    copilot_usage.STREAM,
    copilot_seats.STREAM,
    BILLING_USAGE,
    AI_CREDITS,
    USAGE_REPORTS,
)
"""What GitHub Enterprise Server lacks."""

STREAMS = (*(not_on_ghes(stream) for stream in _CLOUD), rate_limit.STREAM)

_REMOVED = {"copilot_metrics": "GitHub closed its API on 2026-04-02; use copilot_reports"}

VENDOR = Vendor(
    name="github",
    title="GitHub",
    target=target_model("github", GithubTarget, STREAMS, _REMOVED),
    streams=STREAMS,
    limits=LIMITS,
    settings=settings,
    credential=credential,
    diagnosis=Diagnosis(identify, remedy),
    contains=contains,
    at_both_levels=True,
)
