"""The metrics that the usage of an organization, a team and a user have alike."""

from dataclasses import replace
from typing import Any, Literal

from exporter.streams import common_metrics, kit
from exporter.vendors.tabnine.usage.records import Bucket

_API = "Tabnine organization usage API, polled; by UTC day, today's still moves"
_NEWEST = "on the newest settled UTC day"
_CHAT_INTERACTIONS = "chat.interactions", "chat.messages"

USAGE = kit.Table(Bucket, api=_API)
"""What is shown of an organization."""

USAGE.counter("tabnine_completions_total", "Code completions", "code_completions.completions")
USAGE.counter(
    "tabnine_completion_characters_total",
    "Characters written by code completions",
    "code_completions.chars_completed",
)
USAGE.counter(
    "tabnine_completion_lines_total",
    "Lines written by code completions",
    "code_completions.lines",
)
USAGE.counter("tabnine_keystrokes_total", "Characters typed by hand", "code_completions.keystrokes")
USAGE.counter(
    "tabnine_chat_interactions_total",
    "Interactions with the chat, in v2 messages",
    _CHAT_INTERACTIONS,
)
USAGE.counter(
    "tabnine_chat_useful_interactions_total",
    "Interactions with the chat whose answer was used, v1 only",
    "chat.useful_chat_interactions",
)
USAGE.counter(
    "tabnine_chat_lines_total",
    "Lines taken from the chat, in v2 lines added",
    ("chat.lines", "chat.lines_added"),
)
USAGE.counter(
    "tabnine_chat_characters_total",
    "Characters taken from the chat, v1 only",
    "chat.chars_completed",
)
USAGE.counter(
    "tabnine_instructions_accepted_total",
    "Accepted results of inline instructions, v1 only",
    "instruct.accepted_count",
)
USAGE.counter(
    "tabnine_agent_interactions_total",
    "Interactions with the agent, in v2 messages",
    ("agent.interactions", "agent.messages"),
)
USAGE.counter("tabnine_agent_lines_added_total", "Lines that the agent added", "agent.lines_added")
USAGE.counter(
    "tabnine_agent_lines_added_accepted_total",
    "Lines that the agent added and people accepted",
    "agent.lines_added_accepted",
)
USAGE.counter(
    "tabnine_agent_lines_removed_total", "Lines that the agent removed", "agent.lines_removed"
)
USAGE.counter(
    "tabnine_agent_lines_removed_accepted_total",
    "Lines that the agent removed and people accepted",
    "agent.lines_removed_accepted",
)
USAGE.shows(common_metrics.ACCEPTANCES, "code_completions.completions")
USAGE.shows(common_metrics.LINES_ACCEPTED, "code_completions.lines")
USAGE.shows(common_metrics.CHAT_INTERACTIONS, _CHAT_INTERACTIONS)

USAGE.ratio("tabnine_active_users", f"People who used anything {_NEWEST}", "active_users")
USAGE.ratio(
    "tabnine_completion_active_users",
    f"People who used code completions {_NEWEST}",
    "code_completions.active_users",
)
USAGE.ratio("tabnine_chat_active_users", f"People who used the chat {_NEWEST}", "chat.active_users")
USAGE.ratio(
    "tabnine_agent_active_users", f"People who used the agent {_NEWEST}", "agent.active_users"
)
USAGE.shows(common_metrics.DAILY_ACTIVE_USERS, "active_users")
USAGE.ratio(
    "tabnine_productivity_factor_ratio",
    f"The vendor's share of characters that completions and chat wrote, v1 only, {_NEWEST}",
    "productivity_factor",
)
USAGE.ratio(
    "tabnine_automation_factor_ratio",
    f"The vendor's share of characters that code completions wrote, v1 only, {_NEWEST}",
    "code_completions.automation_factor",
)
USAGE.ratio(
    "tabnine_chat_consumption_ratio",
    f"The vendor's share of chat interactions whose answer was used, v1 only, {_NEWEST}",
    "chat.chat_consumption_rate",
)


def usage_of(subject: Literal["team", "user"], **common: Any) -> kit.Table[Bucket]:
    """The same metrics of every team, or the counters of them of every user.

    `tabnine_completions_total` becomes `tabnine_team_completions_total`, "Code completions, by team".
    """
    table = kit.Table(Bucket, api=_API)
    for column in USAGE.columns:
        metric = column.metric
        own = metric.name.startswith("tabnine_")
        if own and (subject == "team" or metric.type is kit.MetricType.COUNTER):
            name = metric.name.replace("tabnine_", f"tabnine_{subject}_", 1)
            told = metric.help.replace(" (", f", by {subject} (").replace("organization", subject)
            table.shows(replace(metric, name=name, help=told, **common), column.value)
    return table
