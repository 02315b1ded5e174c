"""What Copilot usage reports speak: links, and the records of their files.

Any field may be absent or null, which is unknown and not 0.
"""

from operator import attrgetter
from typing import Annotated, ClassVar

import msgspec

from exporter.streams.kit import UNKNOWN, Count, names


class Links(msgspec.Struct):
    """The answer of a report's endpoint: signed links to the shards of its file."""

    download_links: list[str] | None
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


MEASURES = Measured.__struct_fields__
"""The counters that entities, people and breakdown rows have in common."""

values_of = attrgetter(*MEASURES)


class Row(Measured, kw_only=True, gc=False):
    """A row of a breakdown; it has the names that the breakdown is by."""

    ide: str | None = None
    feature: str | None = None
    language: str | None = None
    model: str | None = None


class Tokens(msgspec.Struct):
    """A sum of tokens of one kind."""

    token_kind: str
    tokens: Count | None


class TokenUsage(msgspec.Struct, kw_only=True):
    """`token_usage` of a command-line tool or app."""

    ignored: ClassVar = frozenset({"avg_tokens_per_request"})
    prompt_tokens_sum: Count | None = None
    output_tokens_sum: Count | None = None


class Sessions(msgspec.Struct, kw_only=True):
    """`totals_by_cli` and `totals_by_copilot_app`."""

    ignored: ClassVar = frozenset({"last_known_cli_version"})
    session_count: Count | None = None
    request_count: Count | None = None
    prompt_count: Count | None = None
    token_usage: TokenUsage | None = None

    @property
    def tokens(self) -> list[Tokens] | None:
        """The token usage as rows of a breakdown."""
        used = self.token_usage
        if used is None:
            return None
        return [Tokens("prompt", used.prompt_tokens_sum), Tokens("output", used.output_tokens_sum)]


class AgentWindow(msgspec.Struct, kw_only=True):
    """`totals_by_vscode_agent`."""

    session_count: Count | None = None
    message_count: Count | None = msgspec.field(default=None, name="total_user_messages")


class ThirdPartyAgent(msgspec.Struct, kw_only=True):
    """A row of `totals_by_3rd_party_agent`."""

    agent_id: str | int | None = None
    name: str | None = msgspec.field(default=None, name="agent_name")
    user_initiated_interaction_count: Count | None = None
    session_count: Count | None = None

    @property
    def key(self) -> str:
        """What the agent is known by, whatever its name."""
        return "" if self.agent_id is None else str(self.agent_id)

    @property
    def agent_name(self) -> str:
        return self.name or self.key


class Phase(msgspec.Struct, kw_only=True):
    """A row of `totals_by_ai_adoption_phase`; averages cannot be added up and are not read."""

    ignored: ClassVar = names(
        """
        version avg_user_initiated_interactions avg_code_generation_activities avg_loc_added
        avg_loc_deleted avg_code_acceptance_activities avg_pull_requests_reviewed
        avg_pull_requests_created avg_pull_requests_merged avg_pull_requests_median_minutes_to_merge
        """
    )
    phase: str | None = None
    phase_number: int | None = None
    total_engaged_users: Count | None = None

    @property
    def name(self) -> str:
        number = UNKNOWN if self.phase_number is None else str(self.phase_number)
        return self.phase or number


class CommentType(msgspec.Struct, kw_only=True):
    """A row of `copilot_suggestions_by_comment_type`."""

    comment_type: str | None = None
    total_copilot_suggestions: Count | None = None
    total_copilot_applied_suggestions: Count | None = None


class PullRequests(msgspec.Struct, kw_only=True):
    """`pull_requests`; medians cannot be added up and are not read."""

    ignored: ClassVar = names(
        """
        median_minutes_to_merge median_minutes_to_merge_copilot_authored
        median_minutes_to_merge_copilot_reviewed
        """
    )
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


_ORIGIN = names("enterprise_id organization_id etl_id day_partition entity_id_partition created_at")
"""Where a record comes from."""
_REPORT = _ORIGIN | names(
    """
    report_start_day report_end_day chat_panel_agent_mode chat_panel_ask_mode chat_panel_custom_mode
    chat_panel_edit_mode chat_panel_plan_mode chat_panel_unknown_mode totals_by_language_model
    totals_by_skill totals_by_custom_agent totals_by_mcp totals_by_slash_cmd totals_by_plugin
    distinct_skill_use_count distinct_custom_agent_use_count distinct_mcp_use_count
    distinct_slash_cmd_use_count distinct_plugin_use_count
    """
)
"""What days of entities and of people have beside: parts of other counts, and lists cut to the top five."""


class Entity(Measured, kw_only=True):
    """A day of an enterprise or an organization; a wrapper of several has them in `day_totals`."""

    ignored: ClassVar = _REPORT
    day: str | None = None
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

    ignored: ClassVar = _REPORT | names(
        """
        ai_credits_used used_agent used_chat used_cli used_copilot_app used_copilot_coding_agent
        used_copilot_cloud_agent used_copilot_code_review_active used_copilot_code_review_passive
        used_vscode_agent ai_adoption_phase totals_by_ide totals_by_feature totals_by_cli
        totals_by_language_feature totals_by_model_feature totals_by_copilot_app
        totals_by_vscode_agent totals_by_3rd_party_agent
        """
    )
    user_id: int
    user_login: str | None = None
    day: str | None = None


class TeamMember(msgspec.Struct, kw_only=True, gc=False):
    """A person's membership of a team on a day."""

    ignored: ClassVar = _ORIGIN | {"user_login"}
    user_id: int
    team_id: int | None = None
    slug: str | None = None
    day: str | None = None


Minutes = Annotated[float, msgspec.Meta(ge=0)]


class ReviewTimes(msgspec.Struct, kw_only=True, gc=False):
    """A row of `pull_request_review_times`: how long merged pull requests took, by who made and read them."""

    ignored: ClassVar = frozenset({"total_merged"})
    authored_by: str | None = None
    reviewed_by: str | None = None
    median_minutes_ready_to_first_review: Minutes | None = None
    p90_minutes_ready_to_first_review: Minutes | None = None
    median_minutes_first_to_final_review: Minutes | None = None
    p90_minutes_first_to_final_review: Minutes | None = None
    median_minutes_final_review_to_merge: Minutes | None = None
    p90_minutes_final_review_to_merge: Minutes | None = None


class RepositoryDay(msgspec.Struct, kw_only=True):
    """A day of a repository."""

    ignored: ClassVar = _ORIGIN
    day: str | None = None
    repo_id: int | None = None
    repo_owner_name: str | None = None
    repo_name: str | None = None
    repo_visibility: str | None = None
    pull_requests: PullRequests | None = None
    pull_request_review_times: list[ReviewTimes] | None = None

    @property
    def key(self) -> str:
        """What the repository is known by, whatever its name."""
        return "" if self.repo_id is None else str(self.repo_id)
