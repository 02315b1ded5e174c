"""The metrics of pull requests by repository."""

from exporter.streams import kit
from exporter.vendors.github.copilot_reports.records import PullRequests

_API = "GitHub Copilot repository reports, by UTC day; 2 to 3 days late"

REPOSITORY = kit.Table(
    PullRequests, api=_API, labels=("repository",), foldable_labels=("repository",)
).counters_named(
    "github_copilot_repository_pull_requests_*_total",
    "total_*",
    {
        "github_copilot_repository_pull_requests_created_total": "Pull requests created, by repository",
        "github_copilot_repository_pull_requests_reviewed_total": "Pull requests reviewed, by repository",
        "github_copilot_repository_pull_requests_merged_total": "Pull requests merged, by repository",
        "github_copilot_repository_pull_requests_created_by_copilot_total": (
            "Pull requests that Copilot created, by repository"
        ),
        "github_copilot_repository_pull_requests_reviewed_by_copilot_total": (
            "Pull requests that Copilot reviewed, by repository"
        ),
        "github_copilot_repository_pull_requests_merged_created_by_copilot_total": (
            "Pull requests merged that Copilot had created, by repository"
        ),
        "github_copilot_repository_pull_requests_merged_reviewed_by_copilot_total": (
            "Pull requests merged that Copilot had reviewed, by repository"
        ),
        "github_copilot_repository_pull_requests_suggestions_total": (
            "Suggestions in reviews of pull requests, by people and Copilot, by repository"
        ),
        "github_copilot_repository_pull_requests_applied_suggestions_total": (
            "Suggestions in reviews that were applied, by people and Copilot, by repository"
        ),
    },
)
REPOSITORY.counter(
    "github_copilot_repository_pull_requests_suggestions_by_copilot_total",
    "Suggestions of Copilot in reviews of pull requests, by repository",
    "total_copilot_suggestions",
)
REPOSITORY.counter(
    "github_copilot_repository_pull_requests_applied_suggestions_by_copilot_total",
    "Suggestions of Copilot in reviews that were applied, by repository",
    "total_copilot_applied_suggestions",
)

REVIEW_MINUTES = kit.gauge(
    "github_copilot_repository_review_minutes",
    "Minutes that merged pull requests took, by repository, phase and quantile, as of the newest day whose "
    f"report is no longer revised ({_API}).",
    ("repository", "phase", "quantile", "authored_by", "reviewed_by"),
    foldable_labels=("repository",),
    merge=kit.Merge.DROP,
)
