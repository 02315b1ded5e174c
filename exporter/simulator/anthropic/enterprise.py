"""Anthropic's Enterprise Analytics API: summaries and people by day, usage and cost by export."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.datastructures import QueryParams
from starlette.routing import BaseRoute, Route

from exporter.model import DAY, floor
from exporter.simulator.answers import format_seconds
from exporter.simulator.anthropic.rest import (
    ANALYTICS,
    AnthropicRest,
    RefusedError,
    number,
    page_start,
    page_token,
)
from exporter.simulator.anthropic.times import day_of, moment_of
from exporter.simulator.world.claude_enterprise import (
    ALL,
    PENDING_INVITES,
    USED,
    WINDOWS,
    Billed,
    Group,
    UserDay,
)
from exporter.simulator.world.world import World

ROOT = "/v1/organizations/analytics"
_LONGEST = 31 * DAY
_DIMENSIONS = ("product", "model")


class EnterpriseApi:
    """Answers to an Enterprise Analytics key."""

    def __init__(self, world: World, rest: AnthropicRest) -> None:
        self._world = world
        self._enterprise = world.claude_enterprise
        self._rest = rest
        self._walks = 0

    def routes(self) -> list[BaseRoute]:
        answers: dict[str, Callable[[QueryParams], Any]] = {
            "summaries": self._summaries,
            "users": self._users,
            "usage_report": lambda query: self._buckets(query, _usage),
            "cost_report": lambda query: self._buckets(query, _cost),
        }
        if self._rest.options.newer_reports:
            answers["usage"] = lambda query: self._rows(query, "usage", _usage)
            answers["cost"] = lambda query: self._rows(query, "cost", _cost)
        return [
            Route(f"{ROOT}/{name}", self._rest.endpoint(answer, ANALYTICS))
            for name, answer in answers.items()
        ]

    @property
    def _now(self) -> float:
        return self._world.clock.time()

    def _built(self, day: int) -> None:
        """Refuse a day that is not built yet."""
        latest = self._enterprise.latest(self._now)
        if day > latest:
            raise RefusedError(
                400,
                f"Data for {_date(day)} is not available yet. The latest available day is {_date(latest)}.",
            )

    def _summaries(self, query: QueryParams) -> dict[str, Any]:
        since = day_of(query, "starting_date")
        self._built(since)
        days = self._enterprise.days(since, self._now, self._now)
        return {"summaries": [self._summary(day) for day in days]}

    def _summary(self, day: int) -> dict[str, Any]:
        found: dict[str, Any] = {
            "starting_at": format_seconds(day),
            "ending_at": format_seconds(day + DAY),
            "assigned_seat_count": self._enterprise.seats,
            "pending_invite_count": PENDING_INVITES,
        }
        for product in (ALL, *USED):
            prefix = "" if product == ALL else f"{product}_"
            for window in WINDOWS:
                count = self._enterprise.active(day, product, window)
                found[f"{prefix}{window}_active_user_count"] = count
        return found

    def _users(self, query: QueryParams) -> dict[str, Any]:
        day = day_of(query, "date")
        self._built(day)
        rows = self._enterprise.users(day, self._now)
        shown, following = self._page(query, rows, number(query, "limit", 100, 1_000), f"{day}")
        return {"data": [self._user(day, user) for user in shown], "next_page": following}

    def _user(self, day: int, user: UserDay) -> dict[str, Any]:
        person = self._world.developers[user.person]
        return {
            "user": {"id": person.user_id, "email_address": person.email, "type": "user"},
            "last_activity_date": _date(day) if any(user.products) else None,
            "chat_metrics": {
                "message_count": user.messages,
                "thinking_message_count": user.messages // 4,
                "distinct_conversation_count": user.messages // 3,
            },
            "claude_code_metrics": {
                "core_metrics": {
                    "commit_count": user.commits,
                    "pull_request_count": user.pull_requests,
                    "distinct_session_count": user.sessions,
                    "lines_of_code": {
                        "added_count": user.lines_added,
                        "removed_count": user.lines_removed,
                    },
                },
                "tool_actions": {
                    "edit_tool": {
                        "accepted_count": user.edits_accepted,
                        "rejected_count": user.edits_rejected,
                    }
                },
            },
            "cowork_metrics": {"message_count": user.cowork_messages},
        }

    def _buckets(
        self, query: QueryParams, figures: Callable[[Billed], dict[str, Any]]
    ) -> dict[str, Any]:
        """The older reports: buckets with their largest groups, and nothing of the rest."""
        groups = query.getlist("group_by[]")
        days = self._asked_days(query)
        shown, following = self._page(
            query, days, number(query, "limit", 7, 31), f"{groups} {days[:1]}"
        )
        most = self._rest.options.groups_shown
        return self._exported(
            {
                "data": [
                    {
                        "starting_at": format_seconds(day),
                        "ending_at": format_seconds(day + DAY),
                        "results": [
                            {"product": group[0], "model": group[1], **figures(billed)}
                            for group, billed in self._grouped(day, groups)[:most]
                        ],
                    }
                    for day in shown
                ],
                "next_page": following,
                "organization_id": self._world.console.organization_id,
            }
        )

    def _rows(
        self, query: QueryParams, name: str, figures: Callable[[Billed], dict[str, Any]]
    ) -> dict[str, Any]:
        """The newer reports: a row for each day and group, those without use left out."""
        groups = query.getlist("group_by[]")
        days = self._asked_days(query)
        rows = [
            {
                "starting_at": format_seconds(day),
                "ending_at": format_seconds(day + DAY),
                "group": {
                    label: value
                    for label, value in zip(_DIMENSIONS, group, strict=True)
                    if label in groups
                },
                name: figures(billed),
            }
            for day in days
            for group, billed in self._grouped(day, groups)
        ]
        shown, following = self._page(
            query, rows, number(query, "limit", 20, 1_000), f"{groups} {days[:1]}"
        )
        return self._exported({"data": shown, "next_page": following})

    def _exported(self, found: dict[str, Any]) -> dict[str, Any]:
        refreshed = format_seconds(self._enterprise.refreshed(self._now))
        return {
            **found,
            "has_more": found["next_page"] is not None,
            "data_refreshed_at": refreshed,
        }

    def _grouped(self, day: int, groups: Sequence[str]) -> list[tuple[Group, Billed]]:
        """What a day is billed by the groups that were asked for, the largest first."""
        found: dict[Group, Billed] = {}
        for (product, model), billed in self._enterprise.billed(day, self._now).items():
            key = (
                product if "product" in groups else None,
                model if "model" in groups else None,
            )
            found[key] = found.get(key, Billed()).plus(billed)
        return sorted(found.items(), key=lambda each: -each[1].net)

    def _asked_days(self, query: QueryParams) -> Sequence[int]:
        start, end = (moment_of(query, name) for name in ("starting_at", "ending_at"))
        if not 0 <= end - start <= _LONGEST:
            raise RefusedError(400, "ending_at: the range cannot be longer than 31 days")
        return self._enterprise.billed_days(floor(start, DAY), end, self._now)

    def _page(
        self, query: QueryParams, rows: Sequence[Any], size: int, question: str
    ) -> tuple[Sequence[Any], str | None]:
        """The rows of a page, and the token of the next one; now and then a token has expired."""
        start = page_start(query, question)
        if start == 0 and size < len(rows):
            self._walks += 1
        every = self._rest.options.expiring
        if start and every and self._walks % every == every - 1:
            raise RefusedError(410, "cursor expired, restart from the first page")
        following = start + size
        return (
            rows[start:following],
            page_token(question, following) if following < len(rows) else None,
        )


def _usage(billed: Billed) -> dict[str, Any]:
    return {
        "uncached_input_tokens": billed.uncached_input,
        "output_tokens": billed.output,
        "cache_read_input_tokens": billed.cache_read,
        "cache_creation": {
            "ephemeral_1h_input_tokens": billed.cache_write_1h,
            "ephemeral_5m_input_tokens": billed.cache_write_5m,
        },
        "server_tool_use": {"web_search_requests": 0},
        "requests": billed.requests,
    }


def _cost(billed: Billed) -> dict[str, Any]:
    return {
        "amount": f"{billed.net:f}",
        "list_amount": f"{billed.list:f}",
        "currency": "USD",
        "requests": billed.requests,
    }


def _date(day: int) -> str:
    return format_seconds(day)[:10]
