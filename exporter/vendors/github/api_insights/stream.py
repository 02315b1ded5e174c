"""Stream `api_insights`: who sends REST requests to an organization, and who is rate-limited.

The API counts requests of the `core` bucket and rejections by the primary limit; it is 4 to 6 hours
late. Totals are per queried window, so every window asked for is one whole bucket.
"""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import NamedTuple, TypeAlias

from exporter.streams import kit
from exporter.vendors.github.api_insights import api, metrics
from exporter.vendors.github.api_insights.day import (
    ROUTES,
    SUBJECTS,
    USERS,
    Day,
    InsightsSource,
    Sender,
)
from exporter.vendors.github.api_insights.options import Options
from exporter.vendors.github.rights import REST, Right
from exporter.vendors.github.vendor import GROUP, GithubTarget, needs_org

_UserActors: TypeAlias = Mapping[int, Sequence[api.UserActor]]


class _Actor(NamedTuple):
    """An actor whose routes are read, with the name that its label shows."""

    type: str
    id: int
    name: str

    def sender(self, options: Options) -> Sender:
        spelled = api.PLURAL[self.type] if options.actor_types == "plural" else self.type
        path = {"actor_type": spelled, "actor_id": str(self.id)}
        return Sender(f"{self.type}:{self.id}", path, (self.type, self.name))


async def read(source: InsightsSource) -> kit.Batches:
    options = source.options
    for window in source.days(kit.floor(source.window.end, api.SLICE)):
        day = Day(source, window)
        source.has_data(await day.count_slices(api.TIME, metrics.OF_ORGANIZATION))
        subjects = await _subjects(source, day)
        for configured in options.actors:
            actor = _Actor(configured.type, configured.id, str(configured.id))
            await day.count_slices(api.TIME_ACTOR, metrics.OF_ACTOR, actor.sender(options))
        users = await _users(source, day)
        for actor in await _busiest(source, day, subjects, users):
            await day.count_rows(
                ROUTES, lambda row: (row.http_method, row.api_route), actor.sender(options)
            )
        yield day.batch()


async def _subjects(source: InsightsSource, day: Day) -> list[api.Subject]:
    def labels(row: api.Subject) -> tuple[str, str]:
        is_person = row.subject_type == "user" and not _is_machine(source, row)
        name = kit.Person(row.subject_name) if is_person else row.subject_name
        return row.subject_type, name

    rows = await day.count_rows(SUBJECTS, labels)
    for row in rows:
        if day.is_open:
            day.show_last(row, labels(row))
    return rows


async def _users(source: InsightsSource, day: Day) -> _UserActors:
    """Count the requests of the configured users; returns by what they were sent, where that was read."""
    found = {}
    for user in source.options.users if source.people else ():
        label = kit.Person(user.login or str(user.id))
        partition, path = str(user.id), {"user_id": str(user.id)}
        if source.options.users_by == "user":
            sender = Sender(partition, path, (label, "", ""))
            await day.count_slices(api.TIME_USER, metrics.OF_USER, sender)
        else:
            found[user.id] = await day.count_rows(
                USERS,
                lambda row: (row.actor_type, _actor_name(row)),
                Sender(partition, path, (label,)),
            )
    return found


async def _busiest(
    source: InsightsSource, day: Day, subjects: Sequence[api.Subject], users: _UserActors
) -> Sequence[_Actor]:
    """The configured actors, and those behind the busiest subjects."""
    names = {(row.subject_type, row.subject_id): row.subject_name for row in subjects}
    chosen: dict[tuple[str, int], _Actor] = {}
    for configured in source.options.routes.actors:
        key = configured.type, configured.id
        chosen[key] = _Actor(*key, names.get(key, str(configured.id)))
    most = len(chosen) + source.options.routes.top_actors
    for row in sorted(subjects, key=lambda row: (-row.total_request_count, row.key)):
        if len(chosen) >= most:
            break
        for actor in await _actors_of(source, day, row, users):
            if (actor.type, actor.id) in chosen or len(chosen) < most:
                chosen[actor.type, actor.id] = actor
    return list(chosen.values())


async def _actors_of(
    source: InsightsSource, day: Day, row: api.Subject, users: _UserActors
) -> Sequence[_Actor]:
    """The subject itself, or the tokens and apps of a user who may be shown, the busiest first."""
    if row.subject_type in api.PLURAL:
        return [_Actor(row.subject_type, row.subject_id, row.subject_name)]
    machine = _is_machine(source, row)
    if row.subject_type != "user" or not (source.people or machine):
        return []
    rows = users.get(row.subject_id)
    if rows is None:
        rows, _ = await day.rows(USERS, {"user_id": str(row.subject_id)})
    return [
        _Actor(actor.actor_type, actor.actor_id, _actor_name(actor, machine=machine))
        for actor in sorted(rows, key=lambda actor: -actor.total_request_count)
        if actor.actor_type in api.PLURAL
    ]


def _is_machine(source: InsightsSource, row: api.Subject) -> bool:
    return row.subject_name in source.options.machine_users


def _actor_name(row: api.UserActor, *, machine: bool = False) -> str:
    name = row.actor_name or str(row.actor_id)
    return kit.Person(name) if row.actor_type in api.PERSONAL and not machine else name


def plan(_: GithubTarget, options: Options) -> Sequence[kit.Cost]:
    """Two days are open for a lookback after midnight; lists are taken to fit one page."""
    days = ceil(options.lookback / kit.DAY) + 1
    users = len(options.users)
    routes = options.routes.top_actors + len(options.routes.actors)
    return (kit.Cost(GROUP, days * (2 + len(options.actors) + users + routes)),)


def _arrived(source: InsightsSource) -> kit.Request:
    """The sums of one hour, of which the data have arrived."""
    end = kit.floor(source.now - kit.DAY, kit.HOUR)
    return api.ask(source.target, api.SUMMARY, kit.Window(end - kit.HOUR, end))


_PERMISSION = 'the organization permission "API Insights" (read)'

STREAM = kit.Stream(
    name="api_insights",
    summary="REST API requests and rate-limited requests of an organization (API Insights)",
    metrics=metrics.METRICS,
    options=Options,
    read=read,
    # Each day of the window is a request or more.
    silence=14 * kit.DAY,
    plan=plan,
    probe=kit.once(_arrived, api.Counts),
    right=Right(
        document=f"{REST}/orgs/api-insights#get-summary-stats",
        who='an owner, or somebody with the role "View organization API insights"',
        fine_grained=_PERMISSION,
        app=_PERMISSION,
        plan="GitHub Enterprise Cloud",
    ),
    retention=31 * kit.DAY,
    inapplicable=needs_org,
    label_sizes=lambda _, __: {
        "subject_type": len(api.PLURAL) + 1,
        "actor_type": len(api.PLURAL),
        "http_method": 5,
    },
)
