"""The metrics of usage that an organization, its teams and its users have alike."""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias

from exporter.streams import common_metrics, kit
from exporter.vendors.tabnine.usage.records import Bucket

_Field: TypeAlias = str | tuple[str, str]

_CHAT_INTERACTIONS = "chat.interactions", "chat.messages"
_COUNTERS: Sequence[tuple[str, _Field, str, str, str]] = (
    ("Code completions", "code_completions.completions",
     "tabnine_completions_total",
     "tabnine_team_completions_total", "tabnine_user_completions_total"),
    ("Characters written by code completions", "code_completions.chars_completed",
     "tabnine_completion_characters_total",
     "tabnine_team_completion_characters_total", "tabnine_user_completion_characters_total"),
    ("Lines written by code completions", "code_completions.lines",
     "tabnine_completion_lines_total",
     "tabnine_team_completion_lines_total", "tabnine_user_completion_lines_total"),
    ("Characters typed by hand", "code_completions.keystrokes",
     "tabnine_keystrokes_total",
     "tabnine_team_keystrokes_total", "tabnine_user_keystrokes_total"),
    ("Interactions with the chat, in v2 messages", _CHAT_INTERACTIONS,
     "tabnine_chat_interactions_total",
     "tabnine_team_chat_interactions_total", "tabnine_user_chat_interactions_total"),
    ("Interactions with the chat whose answer was used, v1 only", "chat.useful_chat_interactions",
     "tabnine_chat_useful_interactions_total",
     "tabnine_team_chat_useful_interactions_total", "tabnine_user_chat_useful_interactions_total"),
    ("Lines taken from the chat, in v2 lines added", ("chat.lines", "chat.lines_added"),
     "tabnine_chat_lines_total",
     "tabnine_team_chat_lines_total", "tabnine_user_chat_lines_total"),
    ("Characters taken from the chat, v1 only", "chat.chars_completed",
     "tabnine_chat_characters_total",
     "tabnine_team_chat_characters_total", "tabnine_user_chat_characters_total"),
    ("Accepted results of inline instructions, v1 only", "instruct.accepted_count",
     "tabnine_instructions_accepted_total",
     "tabnine_team_instructions_accepted_total", "tabnine_user_instructions_accepted_total"),
    ("Interactions with the agent, in v2 messages", ("agent.interactions", "agent.messages"),
     "tabnine_agent_interactions_total",
     "tabnine_team_agent_interactions_total", "tabnine_user_agent_interactions_total"),
    ("Lines that the agent added", "agent.lines_added",
     "tabnine_agent_lines_added_total",
     "tabnine_team_agent_lines_added_total", "tabnine_user_agent_lines_added_total"),
    ("Lines that the agent added and people accepted", "agent.lines_added_accepted",
     "tabnine_agent_lines_added_accepted_total",
     "tabnine_team_agent_lines_added_accepted_total",
     "tabnine_user_agent_lines_added_accepted_total"),
    ("Lines that the agent removed", "agent.lines_removed",
     "tabnine_agent_lines_removed_total",
     "tabnine_team_agent_lines_removed_total", "tabnine_user_agent_lines_removed_total"),
    ("Lines that the agent removed and people accepted", "agent.lines_removed_accepted",
     "tabnine_agent_lines_removed_accepted_total",
     "tabnine_team_agent_lines_removed_accepted_total",
     "tabnine_user_agent_lines_removed_accepted_total"),
)  # fmt: skip
_PEOPLE = (
    ("People who used anything", "active_users",
     "tabnine_active_users", "tabnine_team_active_users"),
    ("People who used code completions", "code_completions.active_users",
     "tabnine_completion_active_users", "tabnine_team_completion_active_users"),
    ("People who used the chat", "chat.active_users",
     "tabnine_chat_active_users", "tabnine_team_chat_active_users"),
    ("People who used the agent", "agent.active_users",
     "tabnine_agent_active_users", "tabnine_team_agent_active_users"),
)  # fmt: skip
_RATIOS = (
    ("The vendor's share of characters that completions and chat wrote, v1 only,",
     "productivity_factor",
     "tabnine_productivity_factor_ratio", "tabnine_team_productivity_factor_ratio"),
    ("The vendor's share of characters that code completions wrote, v1 only,",
     "code_completions.automation_factor",
     "tabnine_automation_factor_ratio", "tabnine_team_automation_factor_ratio"),
    ("The vendor's share of chat interactions whose answer was used, v1 only,",
     "chat.chat_consumption_rate",
     "tabnine_chat_consumption_ratio", "tabnine_team_chat_consumption_ratio"),
)  # fmt: skip


def _table(subject: Literal["organization", "team", "user"], **common: Any) -> kit.Table[Bucket]:
    api = f"Tabnine {subject} usage API, polled; by UTC day, today's still moves"
    return kit.Table(Bucket, api=api, **common)


ORGANIZATION = _table("organization")
TEAM = _table("team", labels=("team_name",), group="team_name")
USER = _table("user", labels=("user",), people=True)


def _add_ratios(rows: Sequence[tuple[str, str, str, str]]) -> None:
    """Neither people nor ratios of a day may be added up."""
    for told, field, name, of_team in rows:
        told = f"{told} on the newest settled UTC day"
        ORGANIZATION.ratio(name, told, field)
        TEAM.ratio(of_team, f"{told}, by team", field)


for _told, _field, _name, _of_team, _of_user in _COUNTERS:
    ORGANIZATION.counter(_name, _told, _field)
    TEAM.counter(_of_team, f"{_told}, by team", _field)
    USER.counter(_of_user, f"{_told}, by user", _field)
ORGANIZATION.shows(common_metrics.ACCEPTANCES, "code_completions.completions")
ORGANIZATION.shows(common_metrics.LINES_ACCEPTED, "code_completions.lines")
ORGANIZATION.shows(common_metrics.CHAT_INTERACTIONS, _CHAT_INTERACTIONS)
_add_ratios(_PEOPLE)
ORGANIZATION.shows(common_metrics.DAILY_ACTIVE_USERS, "active_users")
_add_ratios(_RATIOS)
