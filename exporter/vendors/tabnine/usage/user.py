"""Stream `user_usage`: completions, chat and agent of every user, by UTC day; off by default.

One request a user and one a team. What is counted belongs to the user's id; the label is the e-mail
address, or its pseudonym.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, ClassVar

import msgspec

from exporter.streams import kit
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.usage import api, days
from exporter.vendors.tabnine.usage.metrics import USER
from exporter.vendors.tabnine.vendor import TabnineTarget

_NO_TEAM = "~"
"""The partition of the users without a team: after every team's id."""


class Options(api.UsageOptions):
    """Options of `user_usage`."""

    interval: kit.Duration = kit.Field(default=kit.DAY, ge=1)
    expected_users: int = kit.Field(default=1_000, ge=1)
    """How many users the plan of `check` reckons with; all users are read, however many they are."""
    expected_teams: int = kit.Field(default=100, ge=1)
    """How many teams the plan of `check` reckons with."""


class User(msgspec.Struct, rename="camel", kw_only=True):
    ignored: ClassVar[frozenset[str]] = frozenset({"role", "verified", "updatedAt", "team"})

    id: str
    email: str | None = None
    username: str | None = None
    deactivated_at: str | None = None

    @property
    def label(self) -> kit.Person:
        return kit.Person(self.email or self.username or self.id)

    def may_count(self, window: kit.Window) -> bool:
        """Whether somebody who is deactivated was active a day before the window or later."""
        if self.deactivated_at is None:
            return True
        try:
            return kit.moment(self.deactivated_at) >= window.start - kit.DAY
        except ValueError:
            return True  # in doubt a request more


class UsersPage(lists.ListPage, kw_only=True):
    data: list[User]


async def read(source: kit.Source[TabnineTarget, Options]) -> kit.Batches:
    """Team by team; what is known of a user counts at once, however long the rest of the team takes.

    A team or a user that cannot be read costs itself only, the list of teams those who are in one.
    """
    organization = await lists.organization_id(source)
    teams, users = lists.Teams(), _Users(source, organization)
    async with source.optional("the list of teams"):
        teams = await lists.teams(source)
    for team in (members := kit.Members(source, [*teams.by_id, _NO_TEAM], "a team")):
        listed: list[User] = []
        async with members.one(), aclosing(_users(source, team, organization)) as found:
            listed = [user async for user in found]
        for user in listed:
            usage = await users.usage(user)
            if usage is not None:
                yield kit.Batch([*usage.used()], usage.covers)
        if not users.all_gone:
            yield kit.Batch((), partition=team)
    if users.all_gone:
        raise users.gone[-1]


class _Users:
    """Asks for users, each once, whatever team they are listed in."""

    def __init__(self, source: kit.Source[TabnineTarget, Options], organization: str) -> None:
        self.gone: list[kit.NotFoundError] = []
        self._source, self._organization = source, organization
        self._members = kit.Members(source, (), "a user")
        self._seen: set[str] = set()

    @property
    def all_gone(self) -> bool:
        """One who is missing was removed a moment ago. Where all are, there is no such API."""
        return bool(self.gone) and len(self.gone) == len(self._seen)

    async def usage(self, user: User) -> days.Days | None:
        """What a user did; None of one who was asked for before, or cannot be read."""
        source = self._source
        if user.id in self._seen or not user.may_count(source.window):
            return None
        self._seen.add(user.id)
        usage = None
        async with self._members.one() as part:
            try:
                usage = await days.ask(
                    source, USER, "user", self._organization, user.id, user.label
                )
            except kit.NotFoundError as error:
                self.gone.append(error)
        return usage if part.error is None else None


async def _users(
    source: kit.Source[TabnineTarget, Options], team: str, organization: str
) -> AsyncGenerator[User, None]:
    """The users of a team, or those without one."""
    requests = [kit.Request(lists.TEAM_USERS, {"team_id": team})]
    if team == _NO_TEAM:
        query = {"organizationId": organization, "teamMember": "false"}
        requests = [
            kit.Request(lists.USERS, query={**query, "active": active})
            for active in ("true", "false")
        ]
    for request in requests:
        async with aclosing(lists.rows(source, request, UsersPage)) as found:
            async for user in found:
                yield user


async def _probe(source: kit.Source[TabnineTarget, Any]) -> None:
    query = {"organizationId": await lists.organization_id(source)}
    chosen = {**query, "teamMember": "false", "active": "true", **lists.ONE}
    await source.get(kit.Request(lists.USERS, query=chosen), lists.form(UsersPage))


STREAM = kit.Stream(
    name="user_usage",
    summary="completions, chat and agent of every user, by day; a request a user",
    metrics=USER.metrics,
    options=Options,
    read=read,
    plan=lambda target, options: lists.cost(
        lists.asks_id(target) + lists.team_requests(options) + 2 + options.expected_users
    ),
    probe=_probe,
    by_default=False,
    label_sizes=lambda _, options: {"user": options.expected_users},
)
