"""The metrics of stream `api_insights`."""

from typing import Any

from exporter.streams import kit
from exporter.vendors.github.api_insights.api import Counts, Subject


def _counts(requests: str, limited: str, of: str, **common: Any) -> kit.Table[Counts]:
    """The two counters that every statistic of this API has."""
    table = kit.Table(Counts, api="GitHub API Insights, polled; 4 to 6 hours late", **common)
    table.counter(requests, f"REST API requests {of}", "total_request_count")
    rejected = f"REST API requests rejected by the primary rate limit, {of}"
    table.counter(limited, rejected, "rate_limited_request_count")
    return table


_SUBJECT: dict[str, Any] = {
    "labels": ("subject_type", "subject_name"),
    "foldable_labels": ("subject_name",),
    "names_people": True,
}

OF_ORGANIZATION = _counts(
    "github_api_requests_total", "github_api_rate_limited_requests_total", "to the organization"
)
OF_SUBJECT = _counts(
    "github_api_subject_requests_total",
    "github_api_subject_rate_limited_requests_total",
    "to the organization by user or app",
    **_SUBJECT,
)
OF_ROUTE = _counts(
    "github_api_route_requests_total",
    "github_api_route_rate_limited_requests_total",
    "of the busiest and the configured actors by route",
    labels=("actor_type", "actor_name", "http_method", "api_route"),
    foldable_labels=("actor_name", "api_route"),
    names_people=True,
)
OF_ACTOR = _counts(
    "github_api_actor_requests_total",
    "github_api_actor_rate_limited_requests_total",
    "of the configured actors",
    labels=("actor_type", "actor_id"),
)
OF_USER = _counts(
    "github_api_user_requests_total",
    "github_api_user_rate_limited_requests_total",
    "of the configured users by the actor used",
    labels=("user", "actor_type", "actor_name"),
    foldable_labels=("user", "actor_name"),
    people=True,
)


LAST = kit.Table(Subject, api="")
for name, did, field in (
    (
        "github_api_subject_last_request_timestamp_seconds",
        "last sent a request",
        "last_request_timestamp",
    ),
    (
        "github_api_subject_last_rate_limited_timestamp_seconds",
        "was last rate-limited",
        "last_rate_limited_timestamp",
    ),
):
    told = f"When a user or app {did}, as GitHub API Insights knows it 4 to 6 hours late."
    last = kit.gauge(name, told, merge=kit.Merge.MAX, **_SUBJECT)
    LAST.shows(last, field)

METRICS = (
    *OF_ORGANIZATION.metrics,
    *OF_SUBJECT.metrics,
    *LAST.metrics,
    *OF_ROUTE.metrics,
    *OF_ACTOR.metrics,
    *OF_USER.metrics,
)
