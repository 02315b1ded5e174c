"""Anthropic's Claude Code report: the rows of one UTC day, in pages."""

from typing import Any

from starlette.datastructures import QueryParams
from starlette.routing import BaseRoute, Route

from exporter.simulator.answers import format_seconds
from exporter.simulator.anthropic.rest import (
    ADMIN,
    AnthropicRest,
    number,
    page_start,
    page_token,
)
from exporter.simulator.anthropic.times import day_of
from exporter.simulator.world.claude_code import ActorDay
from exporter.simulator.world.world import World

PATH = "/v1/organizations/usage_report/claude_code"


class ClaudeCodeApi:
    """Answers to an Admin key."""

    def __init__(self, world: World, rest: AnthropicRest) -> None:
        self._world = world
        self._rest = rest

    def routes(self) -> list[BaseRoute]:
        return [Route(PATH, self._rest.endpoint(self._answer, ADMIN))]

    def _answer(self, query: QueryParams) -> dict[str, Any]:
        day = day_of(query, "starting_at")
        rows: list[ActorDay] = []
        if not self._rest.options.subscriptions_only:
            rows = self._world.claude_code.told(day, self._world.clock.time())
        start, size = page_start(query, str(day)), number(query, "limit", 20, 1_000)
        more = start + size < len(rows)
        return {
            "data": [self._row(day, row) for row in rows[start : start + size]],
            "has_more": more,
            "next_page": page_token(str(day), start + size) if more else None,
        }

    def _row(self, day: int, row: ActorDay) -> dict[str, Any]:
        work = row.work
        name = "email_address" if row.actor.type == "user_actor" else "api_key_name"
        return {
            "date": format_seconds(day),
            "actor": {"type": row.actor.type, name: row.actor.name},
            "organization_id": self._world.console.organization_id,
            "customer_type": row.customer_type,
            "subscription_type": "team" if row.customer_type == "subscription" else None,
            "terminal_type": row.terminal,
            "is_remote": row.remote,
            "core_metrics": {
                "num_sessions": work.sessions,
                "lines_of_code": {"added": work.lines_added, "removed": work.lines_removed},
                "commits_by_claude_code": work.commits,
                "pull_requests_by_claude_code": work.pull_requests,
            },
            "tool_actions": {
                "edit_tool": {"accepted": work.edits_accepted, "rejected": work.edits_rejected},
                "write_tool": {"accepted": work.writes_accepted, "rejected": work.writes_rejected},
            },
            "model_breakdown": [
                {
                    "model": model,
                    "tokens": tokens._asdict(),
                    "estimated_cost": {"amount": tokens.cents(model), "currency": "USD"},
                }
                for model, tokens in row.models.items()
            ],
        }
