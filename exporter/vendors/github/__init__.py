"""GitHub: an organization or an enterprise."""

from exporter.vendors.base import Vendor, target_model
from exporter.vendors.github import (
    api_insights,
    billing_usage,
    copilot_metrics,
    copilot_reports,
    copilot_seats,
    copilot_usage,
    rate_limit,
    usage_reports,
)
from exporter.vendors.github.probes import DIAGNOSIS
from exporter.vendors.github.vendor import LIMITS, GithubTarget, credential, not_on_ghes, settings

_CLOUD = (
    api_insights.STREAM,
    copilot_reports.STREAM,
    copilot_usage.STREAM,
    copilot_metrics.STREAM,
    copilot_seats.STREAM,
    billing_usage.STREAM,
    usage_reports.STREAM,
)
"""What GitHub Enterprise Server lacks."""

STREAMS = (*(not_on_ghes(stream) for stream in _CLOUD), rate_limit.STREAM)

VENDOR = Vendor(
    name="github",
    title="GitHub",
    target=target_model("github", GithubTarget, STREAMS),
    streams=STREAMS,
    limits=LIMITS,
    settings=settings,
    credential=credential,
    diagnosis=DIAGNOSIS,
)
