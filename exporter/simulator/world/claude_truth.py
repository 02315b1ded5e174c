"""What must be counted of Claude Code and of the Claude Enterprise organization."""

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from exporter.model import Window
from exporter.simulator.world.claude_code import ActorDay, ClaudeCode
from exporter.simulator.world.claude_enterprise import ClaudeEnterprise

Labels: TypeAlias = tuple[tuple[str, str], ...]
Count: TypeAlias = tuple[str, Labels, int | Decimal]

_UNKNOWN = "unknown"
_TOKEN_KINDS = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_creation": "cache_write",
}
_BILLED_KINDS = {
    "input_uncached": "uncached_input",
    "input_cache_read": "cache_read",
    "cache_write_5m": "cache_write_5m",
    "cache_write_1h": "cache_write_1h",
    "output": "output",
}


def claude_code_counts(code: ClaudeCode, window: Window, as_of: float) -> Iterator[Count]:
    """Every row of each day."""
    for day in code.days(window.start, window.end, as_of):
        for row in code.told(day, as_of):
            yield from _row(row)


def _row(row: ActorDay) -> Iterator[Count]:
    work, family = row.work, "anthropic_claude_code"
    where: Labels = (
        ("customer_type", row.customer_type),
        ("terminal", row.terminal),
        ("remote", str(row.remote).lower()),
    )
    yield f"{family}_sessions_total", where, work.sessions
    yield f"{family}_commits_total", where, work.commits
    yield f"{family}_pull_requests_total", where, work.pull_requests
    yield f"{family}_lines_total", (*where, ("change", "added")), work.lines_added
    yield f"{family}_lines_total", (*where, ("change", "removed")), work.lines_removed
    yield from _decisions(family, "edit_tool", work.edits_accepted, work.edits_rejected)
    yield from _decisions(family, "write_tool", work.writes_accepted, work.writes_rejected)
    for model, tokens in row.models.items():
        for field, kind in _TOKEN_KINDS.items():
            labels = (("model", model), ("token_kind", kind))
            yield f"{family}_tokens_total", labels, getattr(tokens, field)
        yield f"{family}_estimated_cost_usd_total", (("model", model),), tokens.cents(model) / 100


def _decisions(family: str, tool: str, accepted: int, rejected: int) -> Iterator[Count]:
    for decision, number in (("accepted", accepted), ("rejected", rejected)):
        yield (
            f"{family}_tool_decisions_total",
            (("tool", tool), ("decision", decision)),
            number,
        )


def enterprise_counts(
    enterprise: ClaudeEnterprise, window: Window, as_of: float
) -> Iterator[Count]:
    """What people did on each day that is built."""
    family = "anthropic_enterprise_claude_code"
    for day in enterprise.days(window.start, window.end, as_of):
        for user in enterprise.users(day, as_of):
            yield "anthropic_enterprise_chat_messages_total", (), user.messages
            yield f"{family}_commits_total", (), user.commits
            yield f"{family}_pull_requests_total", (), user.pull_requests
            yield f"{family}_lines_total", (("change", "added"),), user.lines_added
            yield f"{family}_lines_total", (("change", "removed"),), user.lines_removed
            yield from _decisions(family, "edit_tool", user.edits_accepted, user.edits_rejected)


def enterprise_usage_counts(
    enterprise: ClaudeEnterprise, window: Window, as_of: float
) -> Iterator[Count]:
    """What is billed for each day, as the newest export tells it."""
    for day in enterprise.billed_days(window.start, window.end, as_of):
        for (product, model), billed in enterprise.billed(day, as_of).items():
            group: Labels = (("product", product or _UNKNOWN), ("model", model or _UNKNOWN))
            for kind, field in _BILLED_KINDS.items():
                labels = (*group, ("token_kind", kind))
                yield "anthropic_enterprise_tokens_total", labels, getattr(billed, field)
            yield "anthropic_enterprise_requests_total", group, billed.requests
            for price in ("net", "list"):
                labels = (*group, ("price", price))
                yield "anthropic_enterprise_cost_usd_total", labels, getattr(billed, price) / 100
