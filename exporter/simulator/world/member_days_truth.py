"""What must be counted of the days of Cursor's people."""

from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from exporter.model import Window
from exporter.simulator.world.member_days import TOPICS, Habits, MemberDays, Work

Labels: TypeAlias = tuple[tuple[str, str], ...]
Count: TypeAlias = tuple[str, Labels, int]

_TOPIC_LABELS = {
    "intents": ("intents", "intent"),
    "complexity": ("complexity", "complexity"),
    "categories": ("categories", "category"),
    "guidanceLevels": ("guidance_levels", "guidance_level"),
    "workTypes": ("work_types", "work_type"),
}


def analytics_counts(usage: MemberDays, window: Window, as_of: float) -> Iterator[Count]:
    """The days that the Analytics API has."""
    for day in usage.days(window.start, window.end, as_of):
        total = Work()
        for each in usage.analysed(day, as_of):
            total = total.plus(each.work)
            yield from _by_habit(each.work, each.habits)
        yield from _decided(total)


def _by_habit(work: Work, habits: Habits) -> Iterator[Count]:
    server, tool = habits.tool
    model = (("model", habits.model),)
    yield "cursor_model_messages_total", model, work.conversations
    yield "cursor_plan_uses_total", model, work.plans
    yield "cursor_ask_uses_total", model, work.asks
    yield "cursor_mcp_calls_total", (("server", server), ("tool", tool)), work.tool_calls
    yield "cursor_command_uses_total", (("command", habits.command),), work.command_uses
    yield "cursor_skill_uses_total", (("skill", habits.skill),), work.skill_uses
    for aspect, value in zip(TOPICS, habits.topics, strict=True):
        name, label = _TOPIC_LABELS[aspect]
        yield f"cursor_conversation_{name}_total", ((label, value),), work.conversations


def _decided(total: Work) -> Iterator[Count]:
    """A day's suggestions by what became of them; the rest is undecided."""
    yield from _decisions(
        "cursor_agent_diffs_total", (), total.applies, total.accepts, total.rejects
    )
    yield from _decisions(
        "cursor_tab_suggestions_total",
        (),
        total.tabs_shown,
        total.tabs_accepted,
        total.tabs_rejected,
    )
    for name, lines in (("agent_diff", agent_lines(total)), ("tab_suggestion", tab_lines(total))):
        for change, (suggested, accepted, rejected) in lines.items():
            yield from _decisions(
                f"cursor_{name}_lines_total", (("change", change),), suggested, accepted, rejected
            )


def _decisions(
    name: str, labels: Labels, suggested: int, accepted: int, rejected: int
) -> Iterator[Count]:
    decided = Counter(accepted=accepted, rejected=rejected)
    decided["undecided"] = max(0, suggested - accepted - rejected)
    for decision, number in decided.items():
        yield name, (("decision", decision), *labels), number


def agent_lines(total: Work) -> dict[str, tuple[int, int, int]]:
    """Lines suggested, accepted and rejected, by what they change."""
    return {
        "added": (total.lines_added, total.accepted_added, total.rejects * 3),
        "deleted": (total.lines_deleted, total.accepted_deleted, total.rejects),
    }


def tab_lines(total: Work) -> dict[str, tuple[int, int, int]]:
    """The same of Tab."""
    return {
        "added": (total.tabs_shown * 2, total.tabs_accepted * 2, total.tabs_rejected * 2),
        "deleted": (total.tabs_shown, total.tabs_accepted, total.tabs_rejected),
    }


def daily_usage_counts(usage: MemberDays, window: Window, as_of: float) -> Iterator[Count]:
    """What the daily usage data tell of everybody."""
    for day in usage.days(window.start, window.end, as_of):
        total = Work()
        for each in usage.told(day, as_of):
            total = total.plus(each.work)
            # A person's own rest: who decided more than was offered takes nothing from others.
            yield from _decisions(
                "cursor_applies_total", (), each.work.applies, each.work.accepts, each.work.rejects
            )
        yield from _lines("suggested", total.lines_added, total.lines_deleted)
        yield from _lines("accepted", total.accepted_added, total.accepted_deleted)
        for mode in ("composer", "chat", "agent", "cmdk", "bugbot"):
            yield "cursor_requests_total", (("mode", mode),), getattr(total, mode)
        for bucket in ("included", "usage_based", "api_key"):
            labels = (("bucket", bucket),)
            yield "cursor_billed_requests_total", labels, getattr(total, bucket)


def _lines(stage: str, added: int, deleted: int) -> Iterator[Count]:
    for change, number in (("added", added), ("deleted", deleted)):
        yield "cursor_lines_total", (("stage", stage), ("change", change)), number
