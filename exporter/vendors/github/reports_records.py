"""What Copilot usage reports speak: links, and the records of their files.

Any field may be absent or null, which is unknown and not 0.
"""

from operator import attrgetter
from typing import Any

import msgspec

from exporter.streams.payload import Count

MEASURES = (
    "user_initiated_interaction_count",
    "code_generation_activity_count",
    "code_acceptance_activity_count",
    "loc_suggested_to_add_sum",
    "loc_suggested_to_delete_sum",
    "loc_added_sum",
    "loc_deleted_sum",
)
"""The counters that entities, people and breakdown rows have in common."""

values_of = attrgetter(*MEASURES)


class Links(msgspec.Struct):
    """The answer of a report's endpoint: signed links to the shards of its file."""

    download_links: list[str]
    report_day: str | None = None


class Measured(msgspec.Struct, kw_only=True):
    """Anything with the common counters."""

    user_initiated_interaction_count: Count | None = None
    code_generation_activity_count: Count | None = None
    code_acceptance_activity_count: Count | None = None
    loc_suggested_to_add_sum: Count | None = None
    loc_suggested_to_delete_sum: Count | None = None
    loc_added_sum: Count | None = None
    loc_deleted_sum: Count | None = None


class Row(Measured, kw_only=True, gc=False):
    """A row of a breakdown; it has the names that the breakdown is by."""

    ide: str | None = None
    feature: str | None = None
    language: str | None = None
    model: str | None = None


class Tokens(msgspec.Struct, kw_only=True):
    """`token_usage` of a command-line tool or app."""

    prompt_tokens_sum: Count | None = None
    output_tokens_sum: Count | None = None
    avg_tokens_per_request: Any = None


class Sessions(msgspec.Struct, kw_only=True):
    """`totals_by_cli` and `totals_by_copilot_app`."""

    session_count: Count | None = None
    request_count: Count | None = None
    prompt_count: Count | None = None
    token_usage: Tokens | None = None
    last_known_cli_version: Any = None


class AgentWindow(msgspec.Struct, kw_only=True):
    """`totals_by_vscode_agent`."""

    session_count: Count | None = None
    total_user_messages: Count | None = None


class ThirdPartyAgent(msgspec.Struct, kw_only=True):
    """A row of `totals_by_3rd_party_agent`."""

    agent_id: str | int | None = None
    agent_name: str | None = None
    user_initiated_interaction_count: Count | None = None
    session_count: Count | None = None


class Phase(msgspec.Struct, kw_only=True):
    """A row of `totals_by_ai_adoption_phase`; averages cannot be added up and are not read."""

    phase: str | None = None
    phase_number: int | None = None
    total_engaged_users: Count | None = None
    version: Any = None
    avg_user_initiated_interactions: Any = None
    avg_code_generation_activities: Any = None
    avg_code_acceptance_activities: Any = None
    avg_loc_added: Any = None
    avg_loc_deleted: Any = None
    avg_pull_requests_reviewed: Any = None
    avg_pull_requests_created: Any = None
    avg_pull_requests_merged: Any = None
    avg_pull_requests_median_minutes_to_merge: Any = None


class CommentType(msgspec.Struct, kw_only=True):
    """A row of `copilot_suggestions_by_comment_type`."""

    comment_type: str | None = None
    total_copilot_suggestions: Count | None = None
    total_copilot_applied_suggestions: Count | None = None


class PullRequests(msgspec.Struct, kw_only=True):
    """`pull_requests`; medians cannot be added up and are not read."""

    total_created: Count | None = None
    total_reviewed: Count | None = None
    total_merged: Count | None = None
    total_created_by_copilot: Count | None = None
    total_reviewed_by_copilot: Count | None = None
    total_merged_created_by_copilot: Count | None = None
    total_merged_reviewed_by_copilot: Count | None = None
    total_suggestions: Count | None = None
    total_applied_suggestions: Count | None = None
    total_copilot_suggestions: Count | None = None
    total_copilot_applied_suggestions: Count | None = None
    copilot_suggestions_by_comment_type: list[CommentType] | None = None
    median_minutes_to_merge: Any = None
    median_minutes_to_merge_copilot_authored: Any = None
    median_minutes_to_merge_copilot_reviewed: Any = None


class _Report(Measured, kw_only=True):
    """What days of entities and of people have in common.

    Of the fields that take anything no metric is made: where the record comes from, parts of other
    counts, and lists that are cut to the top five.
    """

    day: str | None = None
    enterprise_id: Any = None
    organization_id: Any = None
    etl_id: Any = None
    day_partition: Any = None
    entity_id_partition: Any = None
    created_at: Any = None
    report_start_day: Any = None
    report_end_day: Any = None
    chat_panel_agent_mode: Any = None
    chat_panel_ask_mode: Any = None
    chat_panel_custom_mode: Any = None
    chat_panel_edit_mode: Any = None
    chat_panel_plan_mode: Any = None
    chat_panel_unknown_mode: Any = None
    totals_by_language_model: Any = None
    totals_by_skill: Any = None
    totals_by_custom_agent: Any = None
    totals_by_mcp: Any = None
    totals_by_slash_cmd: Any = None
    totals_by_plugin: Any = None
    distinct_skill_use_count: Any = None
    distinct_custom_agent_use_count: Any = None
    distinct_mcp_use_count: Any = None
    distinct_slash_cmd_use_count: Any = None
    distinct_plugin_use_count: Any = None


class Entity(_Report, kw_only=True):
    """A day of an enterprise or an organization; a wrapper of several has them in `day_totals`."""

    daily_active_users: Count | None = None
    weekly_active_users: Count | None = None
    monthly_active_users: Count | None = None
    monthly_active_chat_users: Count | None = None
    monthly_active_agent_users: Count | None = None
    daily_active_cli_users: Count | None = None
    daily_active_copilot_app_users: Count | None = None
    daily_active_vscode_agent_users: Count | None = None
    daily_active_copilot_cloud_agent_users: Count | None = None
    weekly_active_copilot_cloud_agent_users: Count | None = None
    monthly_active_copilot_cloud_agent_users: Count | None = None
    daily_active_copilot_code_review_users: Count | None = None
    weekly_active_copilot_code_review_users: Count | None = None
    monthly_active_copilot_code_review_users: Count | None = None
    daily_passive_copilot_code_review_users: Count | None = None
    weekly_passive_copilot_code_review_users: Count | None = None
    monthly_passive_copilot_code_review_users: Count | None = None
    totals_by_ide: list[Row] | None = None
    totals_by_feature: list[Row] | None = None
    totals_by_language_feature: list[Row] | None = None
    totals_by_model_feature: list[Row] | None = None
    totals_by_cli: Sessions | None = None
    totals_by_copilot_app: Sessions | None = None
    totals_by_vscode_agent: AgentWindow | None = None
    totals_by_3rd_party_agent: list[ThirdPartyAgent] | None = None
    totals_by_ai_adoption_phase: list[Phase] | None = None
    pull_requests: PullRequests | None = None
    day_totals: "list[Entity] | None" = None


class UserDay(Measured, kw_only=True, gc=False):
    """What is read of a day of a person: most of the record is passed over unread."""

    user_id: int
    user_login: str | None = None
    day: str | None = None


class UserReport(_Report, kw_only=True):
    """Every known field of a day of a person, for finding unknown ones."""

    user_id: int
    user_login: str | None = None
    ai_credits_used: Any = None
    used_agent: Any = None
    used_chat: Any = None
    used_cli: Any = None
    used_copilot_app: Any = None
    used_copilot_coding_agent: Any = None
    used_copilot_cloud_agent: Any = None
    used_copilot_code_review_active: Any = None
    used_copilot_code_review_passive: Any = None
    used_vscode_agent: Any = None
    ai_adoption_phase: Any = None
    totals_by_ide: Any = None
    totals_by_feature: Any = None
    totals_by_language_feature: Any = None
    totals_by_model_feature: Any = None
    totals_by_cli: Any = None
    totals_by_copilot_app: Any = None
    totals_by_vscode_agent: Any = None
    totals_by_3rd_party_agent: Any = None


class TeamMember(msgspec.Struct, kw_only=True, gc=False):
    """A person's membership of a team on a day."""

    user_id: int
    team_id: int | None = None
    slug: str | None = None
    day: str | None = None


class TeamReport(TeamMember, kw_only=True):
    """Every known field of a membership, for finding unknown ones."""

    user_login: Any = None
    enterprise_id: Any = None
    organization_id: Any = None
    etl_id: Any = None
    day_partition: Any = None
    entity_id_partition: Any = None
    created_at: Any = None
