"""The metrics of stream `copilot_reports`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from exporter.model import Metric, MetricType
from exporter.streams import common_metrics

_API = "GitHub Copilot usage metrics reports, by UTC day; 2 to 3 days late"

_COUNTED = {
    "interactions": "Prompts that people sent to Copilot",
    "code_generations": "Outputs of code by Copilot",
    "code_acceptances": "Outputs of code by Copilot that people accepted",
    "lines_suggested_to_add": "Lines that Copilot suggested to add, without edits of agents",
    "lines_suggested_to_delete": "Lines that Copilot suggested to delete, without edits of agents",
    "lines_added": "Lines added with Copilot, agents included",
    "lines_deleted": "Lines deleted with Copilot, agents included",
}
"""The common counters in the order of `reports_records.MEASURES`."""

Measured: TypeAlias = tuple[Metric | None, ...]
"""A family for each of the common counters, None where a breakdown does not have it."""


def _measured(
    prefix: str, labels: tuple[str, ...], by: str, without: tuple[str, ...] = (), **more: Any
) -> Measured:
    return tuple(
        None
        if name in without
        else Metric(
            f"github_copilot_{prefix}{name}_total",
            MetricType.COUNTER,
            f"{what}, {by} ({_API}).",
            labels,
            **more,
        )
        for name, what in _COUNTED.items()
    )


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A list of rows in an entity's record, the fields it is by, and its families."""

    rows: str
    keys: tuple[str, ...]
    metrics: Measured


BREAKDOWNS = (
    Breakdown("totals_by_feature", ("feature",), _measured("", ("feature",), "by feature")),
    Breakdown("totals_by_ide", ("ide",), _measured("ide_", ("ide",), "by IDE")),
    Breakdown(
        "totals_by_language_feature",
        ("language", "feature"),
        _measured(
            "language_",
            ("language", "feature"),
            "by programming language and feature",
            without=("interactions",),
            foldable_labels=("language",),
        ),
    ),
    Breakdown(
        "totals_by_model_feature",
        ("model", "feature"),
        _measured(
            "model_", ("model", "feature"), "by chat model and feature", foldable_labels=("model",)
        ),
    ),
)

TEAM = _measured(
    "team_",
    ("team_slug",),
    "by team, where a person counts in each team they are a member of",
    group="team_slug",
)
USER = _measured(
    "user_",
    ("user",),
    "by user",
    without=("lines_suggested_to_add", "lines_suggested_to_delete", "lines_deleted"),
    people=True,
)

ACROSS: Measured = (
    common_metrics.CHAT_INTERACTIONS,
    common_metrics.SUGGESTIONS,
    common_metrics.ACCEPTANCES,
    None,
    None,
    common_metrics.LINES_ACCEPTED,
    None,
)


def _counter(name: str, what: str, labels: tuple[str, ...] = (), **more: Any) -> Metric:
    return Metric(
        f"github_copilot_{name}_total", MetricType.COUNTER, f"{what} ({_API}).", labels, **more
    )


@dataclass(frozen=True, slots=True)
class SessionMetrics:
    """The families of a command-line tool or app."""

    sessions: Metric
    requests: Metric
    prompts: Metric
    tokens: Metric

    @property
    def all(self) -> tuple[Metric, ...]:
        return self.sessions, self.requests, self.prompts, self.tokens


def _sessions(name: str, where: str) -> SessionMetrics:
    return SessionMetrics(
        _counter(f"{name}_sessions", f"Sessions of {where}"),
        _counter(f"{name}_requests", f"Requests to models of {where}"),
        _counter(f"{name}_prompts", f"Prompts that people sent in {where}"),
        _counter(f"{name}_tokens", f"Tokens of models used in {where}", ("token_kind",)),
    )


CLI = _sessions("cli", "Copilot CLI")
APP = _sessions("app", "the Copilot app")

AGENT_WINDOW: Mapping[str, Metric] = {
    "session_count": _counter("vscode_agent_sessions", "Sessions in the Agents window of VS Code"),
    "total_user_messages": _counter(
        "vscode_agent_messages", "Messages that people sent in the Agents window of VS Code"
    ),
}
THIRD_PARTY_AGENTS: Mapping[str, Metric] = {
    "user_initiated_interaction_count": _counter(
        "third_party_agent_interactions",
        "Jobs that people started with third-party agents, by agent",
        ("agent_name",),
    ),
    "session_count": _counter(
        "third_party_agent_sessions", "Sessions of third-party agents, by agent", ("agent_name",)
    ),
}
PULL_REQUESTS: Mapping[str, Metric] = {
    "total_created": _counter("pull_requests_created", "Pull requests created"),
    "total_reviewed": _counter("pull_requests_reviewed", "Pull requests reviewed"),
    "total_merged": _counter("pull_requests_merged", "Pull requests merged"),
    "total_created_by_copilot": _counter(
        "pull_requests_created_by_copilot", "Pull requests that Copilot created"
    ),
    "total_reviewed_by_copilot": _counter(
        "pull_requests_reviewed_by_copilot", "Pull requests that Copilot reviewed"
    ),
    "total_merged_created_by_copilot": _counter(
        "pull_requests_merged_created_by_copilot", "Pull requests merged that Copilot had created"
    ),
    "total_merged_reviewed_by_copilot": _counter(
        "pull_requests_merged_reviewed_by_copilot",
        "Pull requests merged that Copilot had reviewed",
    ),
    "total_suggestions": _counter(
        "pull_request_suggestions", "Suggestions in reviews of pull requests, by people and Copilot"
    ),
    "total_applied_suggestions": _counter(
        "pull_request_suggestions_applied",
        "Suggestions in reviews of pull requests that were applied, by people and Copilot",
    ),
}
COMMENT_TYPES: Mapping[str, Metric] = {
    "total_copilot_suggestions": _counter(
        "pull_request_suggestions_by_copilot",
        "Suggestions of Copilot in reviews of pull requests, by type of comment",
        ("comment_type",),
    ),
    "total_copilot_applied_suggestions": _counter(
        "pull_request_suggestions_by_copilot_applied",
        "Suggestions of Copilot in reviews of pull requests that were applied, by type of comment",
        ("comment_type",),
    ),
}


def _gauge(name: str, what: str, labels: tuple[str, ...] = ()) -> Metric:
    return Metric(
        f"github_copilot_{name}",
        MetricType.GAUGE,
        f"{what}, as of the newest report ({_API}).",
        labels,
    )


_DAY, _WEEK, _MONTH = "on the day", "in 7 days", "in 28 days"

GAUGES: Mapping[str, Metric] = {
    "daily_active_users": _gauge("daily_active_users", f"Users active {_DAY}"),
    "weekly_active_users": _gauge("weekly_active_users", f"Users active {_WEEK}"),
    "monthly_active_users": _gauge("monthly_active_users", f"Users active {_MONTH}"),
    "monthly_active_chat_users": _gauge(
        "monthly_active_chat_users", f"Users active in chat {_MONTH}"
    ),
    "monthly_active_agent_users": _gauge(
        "monthly_active_agent_users", f"Users active in agent mode {_MONTH}"
    ),
    "daily_active_cli_users": _gauge("daily_active_cli_users", f"Users of Copilot CLI {_DAY}"),
    "daily_active_copilot_app_users": _gauge(
        "daily_active_app_users", f"Users of the Copilot app {_DAY}"
    ),
    "daily_active_vscode_agent_users": _gauge(
        "daily_active_vscode_agent_users", f"Users of the Agents window of VS Code {_DAY}"
    ),
} | {
    f"{span}_{how}_copilot_{field}_users": _gauge(f"{span}_{how}_{field}_users", f"{what} {when}")
    for how, field, what in (
        ("active", "cloud_agent", "Users of the cloud agent"),
        ("active", "code_review", "Users who asked Copilot for a code review"),
        ("passive", "code_review", "Users whose pull requests Copilot reviewed unasked"),
    )
    for span, when in (("daily", _DAY), ("weekly", _WEEK), ("monthly", _MONTH))
}
PHASE_USERS = _gauge(
    "adoption_phase_users", "Engaged users by phase of AI adoption in 28 days", ("phase",)
)

GAUGE_METRICS = (*GAUGES.values(), PHASE_USERS, common_metrics.DAILY_ACTIVE_USERS)

METRICS: tuple[Metric, ...] = (
    *GAUGES.values(),
    PHASE_USERS,
    *(metric for one in BREAKDOWNS for metric in one.metrics if metric),
    *CLI.all,
    *APP.all,
    *AGENT_WINDOW.values(),
    *THIRD_PARTY_AGENTS.values(),
    *PULL_REQUESTS.values(),
    *COMMENT_TYPES.values(),
    *(metric for metric in TEAM if metric),
    *(metric for metric in USER if metric),
    *(metric for metric in ACROSS if metric),
    common_metrics.DAILY_ACTIVE_USERS,
)
