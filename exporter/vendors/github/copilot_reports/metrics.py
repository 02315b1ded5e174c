"""The metrics of stream `copilot_reports`, bound to the fields of its records."""

from collections.abc import Iterator, Mapping
from typing import Any

from exporter.streams import common_metrics, kit
from exporter.vendors.github.copilot_reports import records
from exporter.vendors.github.copilot_reports.records import Entity, Measured, Tokens
from exporter.vendors.github.copilot_reports.repository_metrics import REPOSITORY, REVIEW_MINUTES

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


def _tokens(name: str, where: str) -> kit.Table[Tokens]:
    table = kit.Table(Tokens, api=_API, labels=("token_kind",))
    table.counter(name, f"Tokens of models used in {where}", "tokens")
    return table


CLI = kit.Table(Entity, api=_API).counters_named(
    "github_copilot_cli_*s_total",
    "totals_by_cli.*_count",
    {
        "github_copilot_cli_sessions_total": "Sessions of Copilot CLI",
        "github_copilot_cli_requests_total": "Requests to models of Copilot CLI",
        "github_copilot_cli_prompts_total": "Prompts that people sent in Copilot CLI",
    },
)
CLI_TOKENS = _tokens("github_copilot_cli_tokens_total", "Copilot CLI")
APP = kit.Table(Entity, api=_API).counters_named(
    "github_copilot_app_*s_total",
    "totals_by_copilot_app.*_count",
    {
        "github_copilot_app_sessions_total": "Sessions of the Copilot app",
        "github_copilot_app_requests_total": "Requests to models of the Copilot app",
        "github_copilot_app_prompts_total": "Prompts that people sent in the Copilot app",
    },
)
APP_TOKENS = _tokens("github_copilot_app_tokens_total", "the Copilot app")

AGENT_WINDOW = kit.Table(Entity, api=_API).counters_named(
    "github_copilot_vscode_agent_*s_total",
    "totals_by_vscode_agent.*_count",
    {
        "github_copilot_vscode_agent_sessions_total": "Sessions in the Agents window of VS Code",
        "github_copilot_vscode_agent_messages_total": "Messages that people sent in the Agents window of VS Code",
    },
)
THIRD_PARTY_AGENTS = kit.Table(records.ThirdPartyAgent, api=_API, labels=("agent_name",))
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

PULL_REQUESTS = kit.Table(Entity, api=_API).counters_named(
    "github_copilot_pull_requests_*_total",
    "pull_requests.total_*",
    {
        "github_copilot_pull_requests_created_total": "Pull requests created",
        "github_copilot_pull_requests_reviewed_total": "Pull requests reviewed",
        "github_copilot_pull_requests_merged_total": "Pull requests merged",
        "github_copilot_pull_requests_created_by_copilot_total": "Pull requests that Copilot created",
        "github_copilot_pull_requests_reviewed_by_copilot_total": "Pull requests that Copilot reviewed",
        "github_copilot_pull_requests_merged_created_by_copilot_total": "Pull requests merged that Copilot had created",
        "github_copilot_pull_requests_merged_reviewed_by_copilot_total": "Pull requests merged that Copilot had reviewed",
    },
)
PULL_REQUESTS.counter(
    "github_copilot_pull_request_suggestions_total",
    "Suggestions in reviews of pull requests, by people and Copilot",
    "pull_requests.total_suggestions",
)
PULL_REQUESTS.counter(
    "github_copilot_pull_request_suggestions_applied_total",
    "Suggestions in reviews of pull requests that were applied, by people and Copilot",
    "pull_requests.total_applied_suggestions",
)
COMMENT_TYPES = kit.Table(records.CommentType, api=_API, labels=("comment_type",))
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


def _itself(entity: Entity) -> Entity:
    return entity


_ENTITY_COUNTERS = (
    kit.Breakdown(BY_FEATURE, Entity, "totals_by_feature", totals=_itself),
    kit.Breakdown(BY_IDE, Entity, "totals_by_ide", totals=_itself),
    kit.Breakdown(BY_LANGUAGE, Entity, "totals_by_language_feature", totals=_itself),
    kit.Breakdown(BY_MODEL, Entity, "totals_by_model_feature", totals=_itself),
    CLI,
    kit.Breakdown(CLI_TOKENS, Entity, "totals_by_cli.tokens"),
    APP,
    kit.Breakdown(APP_TOKENS, Entity, "totals_by_copilot_app.tokens"),
    AGENT_WINDOW,
    kit.Breakdown(THIRD_PARTY_AGENTS, Entity, "totals_by_3rd_party_agent", key="key"),
    PULL_REQUESTS,
    kit.Breakdown(
        COMMENT_TYPES,
        Entity,
        "pull_requests.copilot_suggestions_by_comment_type",
        totals=lambda entity: entity.pull_requests,
    ),
)
ENTITY_COUNTERS: tuple[kit.Table[Entity] | kit.Breakdown, ...] = (*_ENTITY_COUNTERS, ACROSS)
"""All that is counted of an enterprise or organization."""

_NEWEST = "as of the newest report"
GAUGES = kit.Table(Entity, api=_API).gauges_named(
    "github_copilot_*_users",
    "*_users",
    {
        "github_copilot_daily_active_users": f"Users active on the day, {_NEWEST}",
        "github_copilot_weekly_active_users": f"Users active in 7 days, {_NEWEST}",
        "github_copilot_monthly_active_users": f"Users active in 28 days, {_NEWEST}",
        "github_copilot_monthly_active_chat_users": f"Users active in chat in 28 days, {_NEWEST}",
        "github_copilot_monthly_active_agent_users": f"Users active in agent mode in 28 days, {_NEWEST}",
        "github_copilot_daily_active_cli_users": f"Users of Copilot CLI on the day, {_NEWEST}",
    },
)
GAUGES.gauge(
    "github_copilot_daily_active_app_users",
    f"Users of the Copilot app on the day, {_NEWEST}",
    "daily_active_copilot_app_users",
)
GAUGES.gauge(
    "github_copilot_daily_active_vscode_agent_users",
    f"Users of the Agents window of VS Code on the day, {_NEWEST}",
    "daily_active_vscode_agent_users",
)
GAUGES.gauges_named(
    "github_copilot_*_active_cloud_agent_users",
    "*_active_copilot_cloud_agent_users",
    {
        "github_copilot_daily_active_cloud_agent_users": f"Users of the cloud agent on the day, {_NEWEST}",
        "github_copilot_weekly_active_cloud_agent_users": f"Users of the cloud agent in 7 days, {_NEWEST}",
        "github_copilot_monthly_active_cloud_agent_users": f"Users of the cloud agent in 28 days, {_NEWEST}",
    },
)
_ASKED = "Users who asked Copilot for a code review"
_UNASKED = "Users whose pull requests Copilot reviewed unasked"
GAUGES.gauges_named(
    "github_copilot_*_code_review_users",
    "*_copilot_code_review_users",
    {
        "github_copilot_daily_active_code_review_users": f"{_ASKED} on the day, {_NEWEST}",
        "github_copilot_weekly_active_code_review_users": f"{_ASKED} in 7 days, {_NEWEST}",
        "github_copilot_monthly_active_code_review_users": f"{_ASKED} in 28 days, {_NEWEST}",
        "github_copilot_daily_passive_code_review_users": f"{_UNASKED} on the day, {_NEWEST}",
        "github_copilot_weekly_passive_code_review_users": f"{_UNASKED} in 7 days, {_NEWEST}",
        "github_copilot_monthly_passive_code_review_users": f"{_UNASKED} in 28 days, {_NEWEST}",
    },
)
GAUGES.shows(common_metrics.DAILY_ACTIVE_USERS, "daily_active_users")
PHASES = kit.Table(records.Phase, api=_API, labels=("phase",))
PHASES.gauge(
    "github_copilot_adoption_phase_users",
    "Engaged users by phase of AI adoption in 28 days, as of the newest report",
    "total_engaged_users",
)

GAUGE_METRICS = (*GAUGES.metrics, *PHASES.metrics)
METRICS: tuple[kit.Metric, ...] = (
    *GAUGES.metrics[:-1],
    *PHASES.metrics,
    *(metric for part in _ENTITY_COUNTERS for metric in part.metrics),
    *(*TEAM.metrics, *USER.metrics, *REPOSITORY.metrics, REVIEW_MINUTES),
    *ACROSS.metrics,
    common_metrics.DAILY_ACTIVE_USERS,
)


def gauges_of(entity: Entity) -> Iterator[kit.Sample]:
    """Active users; they cannot be added up over days."""
    yield from GAUGES.samples(entity)
    for row in entity.totals_by_ai_adoption_phase or ():
        yield from PHASES.samples(row, (row.name,))
