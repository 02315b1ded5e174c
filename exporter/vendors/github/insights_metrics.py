"""The metrics of stream `api_insights`."""

from typing import Any

from exporter.model import Merge, Metric, MetricType


def _pair(subject: str, labels: tuple[str, ...], of: str, **more: Any) -> tuple[Metric, Metric]:
    """The two counters that every statistic of this API has."""
    late = "GitHub API Insights, polled; 4 to 6 hours late"
    prefix = f"github_api_{subject}_" if subject else "github_api_"
    return (
        Metric(
            f"{prefix}requests_total",
            MetricType.COUNTER,
            f"REST API requests {of} ({late}).",
            labels,
            **more,
        ),
        Metric(
            f"{prefix}rate_limited_requests_total",
            MetricType.COUNTER,
            f"REST API requests rejected by the primary rate limit, {of} ({late}).",
            labels,
            **more,
        ),
    )


ORG_METRICS = _pair("", (), "to the organization")
SUBJECT_METRICS = _pair(
    "subject",
    ("subject_type", "subject_name"),
    "to the organization by user or app",
    foldable_labels=("subject_name",),
    names_people=True,
)
ROUTE_METRICS = _pair(
    "route",
    ("actor_type", "actor_name", "http_method", "api_route"),
    "of the busiest and the configured actors by route",
    foldable_labels=("actor_name", "api_route"),
    names_people=True,
)
ACTOR_METRICS = _pair("actor", ("actor_type", "actor_id"), "of the configured actors")
USER_METRICS = _pair(
    "user",
    ("user", "actor_type", "actor_name"),
    "of the configured users by the actor used",
    people=True,
    foldable_labels=("user", "actor_name"),
)
LAST_REQUEST = Metric(
    "github_api_subject_last_request_timestamp_seconds",
    MetricType.GAUGE,
    "When a user or app last sent a request, as GitHub API Insights knows it 4 to 6 hours late.",
    ("subject_type", "subject_name"),
    foldable_labels=("subject_name",),
    names_people=True,
    merge=Merge.MAX,
)
LAST_LIMITED = Metric(
    "github_api_subject_last_rate_limited_timestamp_seconds",
    MetricType.GAUGE,
    "When a user or app was last rate-limited, as GitHub API Insights knows it 4 to 6 hours late.",
    ("subject_type", "subject_name"),
    foldable_labels=("subject_name",),
    names_people=True,
    merge=Merge.MAX,
)

METRICS = (
    *ORG_METRICS,
    *SUBJECT_METRICS,
    LAST_REQUEST,
    LAST_LIMITED,
    *ROUTE_METRICS,
    *ACTOR_METRICS,
    *USER_METRICS,
)
