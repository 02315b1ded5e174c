"""The metrics of `analytics`, and what a row adds to them."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from exporter.streams import kit
from exporter.vendors.cursor.analytics import records

API = "Cursor Analytics API, polled; by UTC day, the last two still move"

_EMAIL = re.compile(r"[^\s@/]+@[^\s@/]+\.[^\s@/]+")


def _counters(
    helps: dict[str, str], *labels: str, foldable: Sequence[str] = (), **more: Any
) -> kit.Group:
    return kit.Group.counters(
        helps, api=API, labels=labels, foldable_labels=tuple(foldable), **more
    )


def _named_by_people(name: str, told: str, *labels: str) -> kit.Group:
    """A counter whose labels are typed by people: without end, and perhaps with their addresses."""
    return _counters({name: told}, *labels, foldable=labels, names_people=True)


AGENT_DIFFS = _counters({"cursor_agent_diffs_total": "Diffs that the agent suggested"}, "decision")
AGENT_LINES = _counters(
    {"cursor_agent_diff_lines_total": "Lines of the diffs that the agent suggested"},
    *("decision", "change"),
)
TABS = _counters({"cursor_tab_suggestions_total": "Completions that Tab suggested"}, "decision")
TAB_LINES = _counters(
    {"cursor_tab_suggestion_lines_total": "Lines of the completions that Tab suggested"},
    *("decision", "change"),
)
MODELS = _counters(
    {"cursor_model_messages_total": "Messages to the AI by model; default is Auto"},
    "model",
    foldable=["model"],
)
TOOLS = _named_by_people(
    "cursor_mcp_calls_total", "Calls of MCP tools, by the names that people gave", "server", "tool"
)
COMMANDS = _named_by_people(
    "cursor_command_uses_total", "Uses of commands, by the names that people gave", "command"
)
SKILLS = _named_by_people(
    "cursor_skill_uses_total", "Uses of skills, by the names that people gave", "skill"
)
PLANS = _counters(
    {"cursor_plan_uses_total": "Uses of plan mode by model; default is Auto"},
    "model",
    foldable=["model"],
)
ASKS = _counters(
    {"cursor_ask_uses_total": "Uses of ask mode by model; default is Auto"},
    "model",
    foldable=["model"],
)
ACTIVE_USERS = kit.gauge(
    "cursor_active_users",
    "People who used Cursor on the newest settled UTC day, by surface; somebody on two surfaces is in "
    f"both, and once in `all` ({API}).",
    ("surface",),
    foldable_labels=(),
    merge=kit.Merge.DROP,
)
CLIENT_VERSIONS = kit.gauge(
    "cursor_client_version_users",
    f"People by the version of Cursor that they used on the newest settled UTC day ({API}).",
    ("version",),
)

_SURFACES = {
    "all": "dau",
    "cli": "cli_dau",
    "cloud_agent": "cloud_agent_dau",
    "bugbot": "bugbot_dau",
}


def typed(name: str | None) -> str:
    """A name that somebody typed; one that holds an e-mail address names a person."""
    if name and _EMAIL.search(name):
        return kit.Person(name)
    return name or kit.UNKNOWN


def add_agent_edits(row: records.AgentEdits, tally: kit.Tally) -> None:
    _add_decided(AGENT_DIFFS, AGENT_LINES, row, tally)


def add_tabs(row: records.Tabs, tally: kit.Tally) -> None:
    _add_decided(TABS, TAB_LINES, row, tally)


def _add_decided(
    times: kit.Group, lines: kit.Group, row: records.Suggested, tally: kit.Tally
) -> None:
    for decision, number in row.decided().items():
        tally.add(times, (decision,), row.day, (number,))
    for change in ("added", "deleted"):
        for decision, number in row.decided(f"{change}_").items():
            tally.add(lines, (decision, change), row.day, (number,))


def add_models(row: records.Models, tally: kit.Tally) -> None:
    for model, use in row.model_breakdown.items():
        tally.add(MODELS, (model or kit.UNKNOWN,), row.day, (use.messages,))


def add_tools(row: records.ToolUse, tally: kit.Tally) -> None:
    labels = (typed(row.mcp_server_name), typed(row.tool_name))
    tally.add(TOOLS, labels, row.day, (row.usage,))


def add_commands(row: records.CommandUse, tally: kit.Tally) -> None:
    tally.add(COMMANDS, (typed(row.command_name),), row.day, (row.usage,))


def add_skills(row: records.SkillUse, tally: kit.Tally) -> None:
    tally.add(SKILLS, (typed(row.skill_name),), row.day, (row.usage,))


def add_plans(row: records.ModeUse, tally: kit.Tally) -> None:
    tally.add(PLANS, (row.model or kit.UNKNOWN,), row.day, (row.usage,))


def add_asks(row: records.ModeUse, tally: kit.Tally) -> None:
    tally.add(ASKS, (row.model or kit.UNKNOWN,), row.day, (row.usage,))


def show_active_users(rows: Sequence[records.ActiveUsers], _: int) -> Iterator[kit.Sample]:
    """The people of a day; on one without a row there was nobody."""
    busiest = max(rows, key=lambda row: row.dau, default=None)
    for surface, field in _SURFACES.items():
        people = 0 if busiest is None else getattr(busiest, field)
        if people is not None:
            yield kit.Sample(ACTIVE_USERS, (surface,), people)


def show_client_versions(rows: Sequence[records.ClientVersion], most: int) -> Iterator[kit.Sample]:
    """The versions of a day that most people have, and the others together."""
    people: Counter[str] = Counter()
    for row in rows:
        people[row.client_version or kit.UNKNOWN] += row.user_count
    shown = people.most_common(most)
    for version, users in shown:
        yield kit.Sample(CLIENT_VERSIONS, (version,), users)
    if rest := people.total() - sum(users for _, users in shown):
        yield kit.Sample(CLIENT_VERSIONS, (kit.OTHER,), rest)
