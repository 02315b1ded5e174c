"""Stream `user_usage`: completions, chat and agent of every user, by UTC day; off by default.

One request a user and one a team. What is counted belongs to the user's id; the label is the e-mail
address, or its pseudonym.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from math import ceil

import msgspec
from pydantic import Field

from exporter.client.client import Request
from exporter.client.errors import NotFoundError
from exporter.config.durations import Duration
from exporter.model import DAY, Person, Window
from exporter.streams.walk import walk
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.organization_records import TEAM_USERS, USERS
from exporter.vendors.tabnine.vendor import GROUP, TabnineTarget
from exporter.vendors.tabnine.usage_api import RETENTION, SETTLED_AFTER, UsageOptions, ask, endpoint
from exporter.vendors.tabnine.usage_metrics import count, families

FAMILIES = families("user")

_NO_TEAM = "~"
"""Where the walk reads the users without a team: after every team's id."""

_TEAMS_AT_ONCE = 25
"""After how many teams what was read is committed: some thousand users at the most."""


class Options(UsageOptions):
    """Options of `user_usage`."""

    interval: Duration = Field(default=DAY, ge=1)
    expected_users: int = Field(default=1_000, ge=1)
    """How many users the plan of `check` reckons with; all users are read, however many they are."""
    expected_teams: int = Field(default=100, ge=1)
    """How many teams the plan of `check` reckons with."""


class _User(msgspec.Struct, rename="camel", kw_only=True):
    id: str
    email: str | None = None
    username: str | None = None
    deactivated_at: str | None = None
    role: msgspec.Raw = msgspec.Raw()
    verified: msgspec.Raw = msgspec.Raw()
    updated_at: msgspec.Raw = msgspec.Raw()
    team: msgspec.Raw = msgspec.Raw()

    @property
    def label(self) -> Person:
        return Person(self.email or self.username or self.id)

    def may_count(self, window: Window) -> bool:
        """Whether somebody who is deactivated was active a day before the window or later."""
        if self.deactivated_at is None:
            return True
        try:
            moment = datetime.fromisoformat(self.deactivated_at)
        except ValueError:
            return True  # in doubt a request more
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.timestamp() >= window.start - DAY


class _UsersPage(lists.ListPage, kw_only=True):
    data: list[_User]


async def read(poll: Poll[TabnineTarget, Options]) -> Reading:
    reading = Reading()
    organization = await lists.organization_id(poll, reading)
    at = endpoint("user", poll.target.api_version)
    gone: list[NotFoundError] = []
    seen: set[str] = set()

    async def read_team(team: str, window: Window) -> None:
        async for user in _users(poll, team, organization, reading):
            if user.id in seen or not user.may_count(window):
                continue
            seen.add(user.id)
            query = {"organizationId": organization, "userId": user.id}
            try:
                days = await ask(poll, at, window, query, reading)
            except NotFoundError as error:
                gone.append(error)
                continue
            count(poll, reading, FAMILIES, days, window, (user.label,), f"{user.id}:", sparse=True)

    teams = [team.id for team in await lists.teams(poll, reading)]
    await walk(poll, reading, [*teams, _NO_TEAM], read_team, pause_after=_TEAMS_AT_ONCE)
    # One who is missing was removed a moment ago. Where all are, there is no such API.
    if gone and len(gone) == len(seen):
        raise gone[-1]
    return reading


async def _users(
    poll: Poll[TabnineTarget, Options], team: str, organization: str, reading: Reading
) -> AsyncIterator[_User]:
    """The users of a team, or those without one."""
    if team != _NO_TEAM:
        async for user in _listed(poll, Request(TEAM_USERS, {"team_id": team}), reading):
            yield user
        return
    for active in ("true", "false"):
        query = {"organizationId": organization, "teamMember": "false", "active": active}
        async for user in _listed(poll, Request(USERS, query=query), reading):
            yield user


async def _listed(
    poll: Poll[TabnineTarget, Options], request: Request, reading: Reading
) -> AsyncIterator[_User]:
    async with aclosing(lists.rows(poll, request, _UsersPage, reading)) as pages:
        async for page in pages:
            for user in page:
                yield user


def plan(target: TabnineTarget, options: Options) -> Sequence[Cost]:
    """One request a user and one a team, besides the lists of teams and of users without a team."""
    pages = ceil(options.expected_teams / lists.PAGE_SIZE)
    asked = (target.organization_id is None) + pages + options.expected_teams + 2
    return (Cost(GROUP, asked + options.expected_users),)


STREAM = Stream(
    name="user_usage",
    shape=Shape.BUCKETS,
    summary="completions, chat and agent of every user, by day; a request a user",
    metrics=FAMILIES.metrics,
    options=Options,
    bucket=DAY,
    retention=RETENTION,
    settled_after=SETTLED_AFTER,
    read=read,
    plan=plan,
    by_default=False,
    label_sizes=lambda _, options: {"user": options.expected_users},
)
