"""The metrics of stream `copilot_reports`, bound to the fields of its records."""

from collections.abc import Mapping
from typing import Any

from exporter.streams import common_metrics, kit
from exporter.vendors.github.copilot_reports.records import (
    CommentType,
    Entity,
    Measured,
    Phase,
    ThirdPartyAgent,
    Tokens,
)

_API = "GitHub Copilot usage metrics reports, by UTC day; 2 to 3 days late"

_MEASURES = {
    "user_initiated_interaction_count": "Prompts that people sent to Copilot",
    "code_generation_activity_count": "Outputs of code by Copilot",
    "code_acceptance_activity_count": "Outputs of code by Copilot that people accepted",
    "loc_suggested_to_add_sum": "Lines that Copilot suggested to add, without edits of agents",
    "loc_suggested_to_delete_sum": "Lines that Copilot suggested to delete, without edits of agents",
    "loc_added_sum": "Lines added with Copilot, agents included",
    "loc_deleted_sum": "Lines deleted with Copilot, agents included",
}


def _measured(by: str, names: Mapping[str, str], **more: Any) -> kit.Table[Measured]:
    """A counter for each field of `names`."""
    table = kit.Table(Measured, api=_API, **more)
    for field, name in names.items():
        table.counter(name, f"{_MEASURES[field]}, {by}", field)
    return table


BY_FEATURE = _measured(
    "by feature",
    {
        "user_initiated_interaction_count": "github_copilot_interactions_total",
        "code_generation_activity_count": "github_copilot_code_generations_total",
        "code_acceptance_activity_count": "github_copilot_code_acceptances_total",
        "loc_suggested_to_add_sum": "github_copilot_lines_suggested_to_add_total",
        "loc_suggested_to_delete_sum": "github_copilot_lines_suggested_to_delete_total",
        "loc_added_sum": "github_copilot_lines_added_total",
        "loc_deleted_sum": "github_copilot_lines_deleted_total",
    },
    labels=("feature",),
)
BY_IDE = _measured(
    "by IDE",
    {
        "user_initiated_interaction_count": "github_copilot_ide_interactions_total",
        "code_generation_activity_count": "github_copilot_ide_code_generations_total",
        "code_acceptance_activity_count": "github_copilot_ide_code_acceptances_total",
        "loc_suggested_to_add_sum": "github_copilot_ide_lines_suggested_to_add_total",
        "loc_suggested_to_delete_sum": "github_copilot_ide_lines_suggested_to_delete_total",
        "loc_added_sum": "github_copilot_ide_lines_added_total",
        "loc_deleted_sum": "github_copilot_ide_lines_deleted_total",
    },
    labels=("ide",),
)
BY_LANGUAGE = _measured(
    "by programming language and feature",
    {
        "code_generation_activity_count": "github_copilot_language_code_generations_total",
        "code_acceptance_activity_count": "github_copilot_language_code_acceptances_total",
        "loc_suggested_to_add_sum": "github_copilot_language_lines_suggested_to_add_total",
        "loc_suggested_to_delete_sum": "github_copilot_language_lines_suggested_to_delete_total",
        "loc_added_sum": "github_copilot_language_lines_added_total",
        "loc_deleted_sum": "github_copilot_language_lines_deleted_total",
    },
    labels=("language", "feature"),
    foldable_labels=("language",),
)
BY_MODEL = _measured(
    "by chat model and feature",
    {
        "user_initiated_interaction_count": "github_copilot_model_interactions_total",
        "code_generation_activity_count": "github_copilot_model_code_generations_total",
        "code_acceptance_activity_count": "github_copilot_model_code_acceptances_total",
        "loc_suggested_to_add_sum": "github_copilot_model_lines_suggested_to_add_total",
        "loc_suggested_to_delete_sum": "github_copilot_model_lines_suggested_to_delete_total",
        "loc_added_sum": "github_copilot_model_lines_added_total",
        "loc_deleted_sum": "github_copilot_model_lines_deleted_total",
    },
    labels=("model", "feature"),
    foldable_labels=("model",),
)
TEAM = _measured(
    "by team, where a person counts in each team they are a member of",
    {
        "user_initiated_interaction_count": "github_copilot_team_interactions_total",
        "code_generation_activity_count": "github_copilot_team_code_generations_total",
        "code_acceptance_activity_count": "github_copilot_team_code_acceptances_total",
        "loc_suggested_to_add_sum": "github_copilot_team_lines_suggested_to_add_total",
        "loc_suggested_to_delete_sum": "github_copilot_team_lines_suggested_to_delete_total",
        "loc_added_sum": "github_copilot_team_lines_added_total",
        "loc_deleted_sum": "github_copilot_team_lines_deleted_total",
    },
    labels=("team_slug",),
    group="team_slug",
)
USER = _measured(
    "by user",
    {
        "user_initiated_interaction_count": "github_copilot_user_interactions_total",
        "code_generation_activity_count": "github_copilot_user_code_generations_total",
        "code_acceptance_activity_count": "github_copilot_user_code_acceptances_total",
        "loc_added_sum": "github_copilot_user_lines_added_total",
    },
    labels=("user",),
    people=True,
)


def _sessions(
    record: str, of: str, *, sessions: str, requests: str, prompts: str
) -> kit.Table[Entity]:
    table = kit.Table(Entity, api=_API)
    table.counter(sessions, f"Sessions of {of}", f"{record}.session_count")
    table.counter(requests, f"Requests to models of {of}", f"{record}.request_count")
    table.counter(prompts, f"Prompts that people sent in {of}", f"{record}.prompt_count")
    return table


def _tokens(name: str, where: str) -> kit.Table[Tokens]:
    table = kit.Table(Tokens, api=_API, labels=("token_kind",))
    table.counter(name, f"Tokens of models used in {where}", "tokens")
    return table


CLI = _sessions(
    "totals_by_cli",
    "Copilot CLI",
    sessions="github_copilot_cli_sessions_total",
    requests="github_copilot_cli_requests_total",
    prompts="github_copilot_cli_prompts_total",
)
CLI_TOKENS = _tokens("github_copilot_cli_tokens_total", "Copilot CLI")
APP = _sessions(
    "totals_by_copilot_app",
    "the Copilot app",
    sessions="github_copilot_app_sessions_total",
    requests="github_copilot_app_requests_total",
    prompts="github_copilot_app_prompts_total",
)
APP_TOKENS = _tokens("github_copilot_app_tokens_total", "the Copilot app")

AGENT_WINDOW = kit.Table(Entity, api=_API)
AGENT_WINDOW.counter(
    "github_copilot_vscode_agent_sessions_total",
    "Sessions in the Agents window of VS Code",
    "totals_by_vscode_agent.session_count",
)
AGENT_WINDOW.counter(
    "github_copilot_vscode_agent_messages_total",
    "Messages that people sent in the Agents window of VS Code",
    "totals_by_vscode_agent.total_user_messages",
)
THIRD_PARTY_AGENTS = kit.Table(ThirdPartyAgent, api=_API, labels=("agent_name",))
THIRD_PARTY_AGENTS.counter(
    "github_copilot_third_party_agent_interactions_total",
    "Jobs that people started with third-party agents, by agent",
    "user_initiated_interaction_count",
)
THIRD_PARTY_AGENTS.counter(
    "github_copilot_third_party_agent_sessions_total",
    "Sessions of third-party agents, by agent",
    "session_count",
)

PULL_REQUESTS = kit.Table(Entity, api=_API)
for _field, _name, _what in (
    ("total_created", "github_copilot_pull_requests_created_total", "Pull requests created"),
    ("total_reviewed", "github_copilot_pull_requests_reviewed_total", "Pull requests reviewed"),
    ("total_merged", "github_copilot_pull_requests_merged_total", "Pull requests merged"),
    (
        "total_created_by_copilot",
        "github_copilot_pull_requests_created_by_copilot_total",
        "Pull requests that Copilot created",
    ),
    (
        "total_reviewed_by_copilot",
        "github_copilot_pull_requests_reviewed_by_copilot_total",
        "Pull requests that Copilot reviewed",
    ),
    (
        "total_merged_created_by_copilot",
        "github_copilot_pull_requests_merged_created_by_copilot_total",
        "Pull requests merged that Copilot had created",
    ),
    (
        "total_merged_reviewed_by_copilot",
        "github_copilot_pull_requests_merged_reviewed_by_copilot_total",
        "Pull requests merged that Copilot had reviewed",
    ),
    (
        "total_suggestions",
        "github_copilot_pull_request_suggestions_total",
        "Suggestions in reviews of pull requests, by people and Copilot",
    ),
    (
        "total_applied_suggestions",
        "github_copilot_pull_request_suggestions_applied_total",
        "Suggestions in reviews of pull requests that were applied, by people and Copilot",
    ),
):
    PULL_REQUESTS.counter(_name, _what, f"pull_requests.{_field}")
COMMENT_TYPES = kit.Table(CommentType, api=_API, labels=("comment_type",))
COMMENT_TYPES.counter(
    "github_copilot_pull_request_suggestions_by_copilot_total",
    "Suggestions of Copilot in reviews of pull requests, by type of comment",
    "total_copilot_suggestions",
)
COMMENT_TYPES.counter(
    "github_copilot_pull_request_suggestions_by_copilot_applied_total",
    "Suggestions of Copilot in reviews of pull requests that were applied, by type of comment",
    "total_copilot_applied_suggestions",
)

ACROSS = kit.Table(Entity, api=_API)
ACROSS.shows(common_metrics.CHAT_INTERACTIONS, "user_initiated_interaction_count")
ACROSS.shows(common_metrics.SUGGESTIONS, "code_generation_activity_count")
ACROSS.shows(common_metrics.ACCEPTANCES, "code_acceptance_activity_count")
ACROSS.shows(common_metrics.LINES_ACCEPTED, "loc_added_sum")

GAUGES = kit.Table(Entity, api=_API)
_SPANS = {"daily": "on the day", "weekly": "in 7 days", "monthly": "in 28 days"}


def _users(what: str, field: str, **names: str) -> None:
    """A gauge for each span of time; `field` has the span for `{}`."""
    for span, name in names.items():
        help_text = f"{what} {_SPANS[span]}, as of the newest report"
        GAUGES.gauge(name, help_text, field.format(span))


_users(
    "Users active",
    "{}_active_users",
    daily="github_copilot_daily_active_users",
    weekly="github_copilot_weekly_active_users",
    monthly="github_copilot_monthly_active_users",
)
_users(
    "Users active in chat",
    "{}_active_chat_users",
    monthly="github_copilot_monthly_active_chat_users",
)
_users(
    "Users active in agent mode",
    "{}_active_agent_users",
    monthly="github_copilot_monthly_active_agent_users",
)
_users("Users of Copilot CLI", "{}_active_cli_users", daily="github_copilot_daily_active_cli_users")
_users(
    "Users of the Copilot app",
    "{}_active_copilot_app_users",
    daily="github_copilot_daily_active_app_users",
)
_users(
    "Users of the Agents window of VS Code",
    "{}_active_vscode_agent_users",
    daily="github_copilot_daily_active_vscode_agent_users",
)
_users(
    "Users of the cloud agent",
    "{}_active_copilot_cloud_agent_users",
    daily="github_copilot_daily_active_cloud_agent_users",
    weekly="github_copilot_weekly_active_cloud_agent_users",
    monthly="github_copilot_monthly_active_cloud_agent_users",
)
_users(
    "Users who asked Copilot for a code review",
    "{}_active_copilot_code_review_users",
    daily="github_copilot_daily_active_code_review_users",
    weekly="github_copilot_weekly_active_code_review_users",
    monthly="github_copilot_monthly_active_code_review_users",
)
_users(
    "Users whose pull requests Copilot reviewed unasked",
    "{}_passive_copilot_code_review_users",
    daily="github_copilot_daily_passive_code_review_users",
    weekly="github_copilot_weekly_passive_code_review_users",
    monthly="github_copilot_monthly_passive_code_review_users",
)
GAUGES.shows(common_metrics.DAILY_ACTIVE_USERS, "daily_active_users")
PHASES = kit.Table(Phase, api=_API, labels=("phase",))
PHASES.gauge(
    "github_copilot_adoption_phase_users",
    "Engaged users by phase of AI adoption in 28 days, as of the newest report",
    "total_engaged_users",
)

_COUNTED: tuple[kit.Table[Any], ...] = (
    *(BY_FEATURE, BY_IDE, BY_LANGUAGE, BY_MODEL, CLI, CLI_TOKENS, APP, APP_TOKENS),
    *(AGENT_WINDOW, THIRD_PARTY_AGENTS, PULL_REQUESTS, COMMENT_TYPES, TEAM, USER, ACROSS),
)
GAUGE_METRICS = (*GAUGES.metrics, *PHASES.metrics)
METRICS: tuple[kit.Metric, ...] = (
    *GAUGES.metrics[:-1],
    *PHASES.metrics,
    *(metric for table in _COUNTED for metric in table.metrics),
    common_metrics.DAILY_ACTIVE_USERS,
)
