"""Stream `api_insights`: who sends REST requests to an organization, and who is rate-limited.

The API counts requests of the `core` bucket and rejections by the primary limit; it is 4 to 6 hours
late. Totals are per queried window, so every window asked for is one whole bucket.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import ceil

import msgspec

from exporter.client.client import Endpoint
from exporter.client.errors import SchemaError
from exporter.model import DAY, HOUR, MINUTE, OTHER, Coverage, Metric, Person, Sample, Window, floor
from exporter.streams.catch_up import CatchUp
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream
from exporter.vendors.github.insights_answers import Answers
from exporter.vendors.github.insights_api import (
    PERSONAL,
    PLURAL,
    ROUTES,
    SUBJECTS,
    SUMMARY,
    SUMMARY_ACTOR,
    SUMMARY_USER,
    TIME,
    TIME_ACTOR,
    TIME_USER,
    USERS,
    Counts,
    Route,
    Subject,
    UserActor,
)
from exporter.vendors.github.insights_metrics import (
    ACTOR_METRICS,
    LAST_LIMITED,
    LAST_REQUEST,
    METRICS,
    ORG_METRICS,
    ROUTE_METRICS,
    SUBJECT_METRICS,
    USER_METRICS,
)
from exporter.vendors.github.insights_options import Options
from exporter.vendors.github.vendor import GROUP, GithubTarget, needs_org

SLICE = 5 * MINUTE


class _Named(msgspec.Struct, frozen=True):
    """An actor whose routes are read, with the name that its label shows."""

    type: str
    id: int
    name: str

    @property
    def identity(self) -> str:
        return f"{self.type}:{self.id}:"


class _Read:
    """One read of the stream: a day after the other, each asked for as one window."""

    def __init__(self, poll: Poll[GithubTarget, Options]) -> None:
        self._poll = poll
        self._options = poll.options
        moments = (LAST_REQUEST, LAST_LIMITED)
        self._reading = Reading(complete=moments, by_part=moments)
        self._answers = Answers(poll, self._reading)

    async def run(self) -> Reading:
        catch_up = CatchUp.of(self._poll, floor(self._poll.window.end, SLICE))
        for done, day in enumerate(catch_up.days, catch_up.done):
            self._poll.tell(done, catch_up.total)
            await self._day(day)
            if catch_up.pauses(self._reading, day):
                return self._reading
        self._poll.tell(catch_up.total, catch_up.total)
        return self._reading

    async def _day(self, day: Window) -> None:
        await self._organization(day)
        subjects = await self._subjects(day)
        await self._actors(day)
        users = await self._users(day)
        for actor in await self._busiest(day, subjects, users):
            await self._routes(day, actor)

    async def _organization(self, day: Window) -> None:
        newest = await self._time(day, TIME, {}, ORG_METRICS, (), "")
        self._reading.data_until = max(self._reading.data_until or 0, newest) or None

    async def _subjects(self, day: Window) -> list[Subject]:
        rows, cut = await self._answers.rows(day, SUBJECTS, {}, list[Subject])
        for row in rows:
            labels = (row.subject_type, self._subject_name(row))
            self._count(day, SUBJECT_METRICS, labels, row.both, row.identity)
            for metric, moment in (
                (LAST_REQUEST, row.last_request_timestamp),
                (LAST_LIMITED, row.last_rate_limited_timestamp),
            ):
                if moment is not None:
                    self._reading.samples.append(Sample(metric, labels, _unix(moment)))
        await self._rest(day, SUBJECT_METRICS, (OTHER, OTHER), rows, cut, SUMMARY, {}, "")
        return rows

    def _subject_name(self, row: Subject) -> str:
        if row.subject_type != "user" or row.subject_name in self._options.machine_users:
            return row.subject_name
        return Person(row.subject_name)

    async def _actors(self, day: Window) -> None:
        for actor in self._options.actors:
            await self._time(
                day,
                TIME_ACTOR,
                self._actor_path(actor.type, actor.id),
                ACTOR_METRICS,
                (actor.type, str(actor.id)),
                f"{actor.type}:{actor.id}:",
            )

    async def _users(self, day: Window) -> dict[int, list[UserActor]]:
        found = {}
        for user in self._options.users if self._poll.people else ():
            label, path = Person(user.login or str(user.id)), {"user_id": str(user.id)}
            identity = f"{user.id}:"
            if self._options.users_by == "user":
                await self._time(day, TIME_USER, path, USER_METRICS, (label, "", ""), identity)
                continue
            rows, cut = await self._answers.rows(day, USERS, path, list[UserActor])
            for row in rows:
                labels = (label, row.actor_type, _actor_name(row))
                self._count(day, USER_METRICS, labels, row.both, identity + row.identity)
            rest = (label, OTHER, OTHER)
            await self._rest(day, USER_METRICS, rest, rows, cut, SUMMARY_USER, path, identity)
            found[user.id] = rows
        return found

    async def _busiest(
        self, day: Window, subjects: list[Subject], users: dict[int, list[UserActor]]
    ) -> list[_Named]:
        """The actors behind the busiest subjects, and the configured ones.

        A user's tokens are looked up only where the user may be shown.
        """
        names = {(row.subject_type, row.subject_id): row.subject_name for row in subjects}
        chosen: dict[tuple[str, int], _Named] = {
            (actor.type, actor.id): _Named(
                actor.type, actor.id, names.get((actor.type, actor.id), str(actor.id))
            )
            for actor in self._options.routes.actors
        }
        ranked = sorted(subjects, key=lambda row: (-row.total_request_count, row.identity))
        room = self._options.routes.top_actors
        for row in ranked:
            if room <= 0:
                break
            for actor in await self._actors_of(day, row, users):
                known = (actor.type, actor.id) in chosen
                if known or room > 0:
                    chosen[actor.type, actor.id] = actor
                    room -= not known
        return list(chosen.values())

    async def _actors_of(
        self, day: Window, row: Subject, users: dict[int, list[UserActor]]
    ) -> list[_Named]:
        if row.subject_type in PLURAL:
            return [_Named(row.subject_type, row.subject_id, row.subject_name)]
        machine = row.subject_name in self._options.machine_users
        if row.subject_type != "user" or not (self._poll.people or machine):
            return []
        rows = users.get(row.subject_id)
        if rows is None:
            path = {"user_id": str(row.subject_id)}
            rows, _ = await self._answers.rows(day, USERS, path, list[UserActor])
        rows = sorted(rows, key=lambda actor: -actor.total_request_count)
        return [
            _Named(actor.actor_type, actor.actor_id, _actor_name(actor, machine=machine))
            for actor in rows
            if actor.actor_type in PLURAL
        ]

    async def _routes(self, day: Window, actor: _Named) -> None:
        path = self._actor_path(actor.type, actor.id)
        rows, cut = await self._answers.rows(day, ROUTES, path, list[Route])
        for row in rows:
            labels = (actor.type, actor.name, row.http_method, row.api_route)
            self._count(day, ROUTE_METRICS, labels, row.both, actor.identity + row.identity)
        rest = (actor.type, actor.name, OTHER, OTHER)
        await self._rest(day, ROUTE_METRICS, rest, rows, cut, SUMMARY_ACTOR, path, actor.identity)

    async def _time(
        self,
        day: Window,
        endpoint: Endpoint,
        path: Mapping[str, str],
        metrics: tuple[Metric, Metric],
        labels: tuple[str, ...],
        identity: str,
    ) -> int:
        """Count five-minute buckets; returns the end of the newest with data, or 0."""
        rows = await self._answers.slices(day, endpoint, path)
        newest, seen = 0, set()
        for row in rows:
            bucket = floor(_unix(row.timestamp), SLICE)
            if bucket in seen:
                raise SchemaError(f"{endpoint.path}: the answer repeats {row.timestamp}")
            seen.add(bucket)
            if bucket not in day:
                continue
            for metric, value in zip(metrics, row.both, strict=True):
                self._reading.samples.append(Sample(metric, labels, value, bucket, identity))
            if row.total_request_count:
                newest = max(newest, bucket + SLICE)
        if not rows:
            # The counters of an account that has no traffic are there, at zero.
            for metric in metrics:
                self._reading.samples.append(Sample(metric, labels, 0, day.start, identity))
        self._reading.coverage.append(Coverage(metrics, day, identity))
        return newest

    async def _rest(
        self,
        day: Window,
        metrics: tuple[Metric, Metric],
        labels: tuple[str, ...],
        rows: Sequence[Counts],
        cut: bool,
        summary: Endpoint,
        path: Mapping[str, str],
        identity: str,
    ) -> None:
        """Put what a cut list leaves out of its total into `other`, and say what was covered."""
        self._reading.coverage.append(Coverage(metrics, day, identity))
        if not cut:
            return
        total = await self._answers.total(day, summary, path)
        rest = [
            max(0, whole - sum(row.both[index] for row in rows))
            for index, whole in enumerate(total.both)
        ]
        self._count(day, metrics, labels, (rest[0], rest[1]), f"{identity}{OTHER}")

    def _count(
        self,
        day: Window,
        metrics: tuple[Metric, Metric],
        labels: tuple[str, ...],
        values: tuple[int, int],
        identity: str,
    ) -> None:
        for metric, value in zip(metrics, values, strict=True):
            self._reading.samples.append(Sample(metric, labels, value, day.start, identity))

    def _actor_path(self, actor_type: str, actor_id: int) -> dict[str, str]:
        spelled = PLURAL[actor_type] if self._options.actor_types == "plural" else actor_type
        return {"actor_type": spelled, "actor_id": str(actor_id)}


def _actor_name(row: UserActor, *, machine: bool = False) -> str:
    name = row.actor_name or str(row.actor_id)
    return Person(name) if row.actor_type in PERSONAL and not machine else name


def _unix(moment: datetime) -> int:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp())


async def read(poll: Poll[GithubTarget, Options]) -> Reading:
    return await _Read(poll).run()


def plan(_: GithubTarget, options: Options) -> Sequence[Cost]:
    """Two days are open for a lookback after midnight; lists are taken to fit one page."""
    days = ceil(options.lookback / DAY) + 1
    users = len(options.users)
    routes = options.routes.top_actors + len(options.routes.actors)
    return (Cost(GROUP, days * (2 + len(options.actors) + users + routes)),)


STREAM = Stream(
    name="api_insights",
    shape=Shape.BUCKETS,
    summary="REST API requests and rate-limited requests of an organization (API Insights)",
    metrics=METRICS,
    options=Options,
    bucket=DAY,
    retention=31 * DAY,
    settled_after=6 * HOUR,
    read=read,
    plan=plan,
    inapplicable=needs_org,
    label_sizes=lambda _, __: {
        "subject_type": len(PLURAL) + 1,
        "actor_type": len(PLURAL),
        "http_method": 5,
    },
)
