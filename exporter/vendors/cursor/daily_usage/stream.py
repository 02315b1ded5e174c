"""Stream `daily_usage`: lines and requests of a team's members, by UTC day.

Asked for in pages, Cursor has a row for everybody who was a member, busy or not: a day without rows is one
that nothing is known of.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import aclosing
from typing import Any, ClassVar, NamedTuple, TypeAlias

import msgspec

from exporter.streams import common_metrics, kit
from exporter.vendors.cursor.pages import Paged, pages
from exporter.vendors.cursor.rights import ADMIN
from exporter.vendors.cursor.vendor import DAILY_USAGE as GROUP
from exporter.vendors.cursor.vendor import CursorTarget

API = "Cursor daily usage data, polled; by UTC day, the last hours still move"
DAILY_USAGE = kit.Endpoint("/teams/daily-usage-data", GROUP)
LONGEST_RANGE = 30 * kit.DAY
SETTLED_AFTER = 6 * kit.HOUR
"""Cursor adds up by the hour, and does not say how late."""


class Options(kit.CountingOptions):
    """Options of `daily_usage`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    lookback: kit.Duration = kit.Field(default=7 * kit.DAY, ge=0)
    page_size: int = kit.Field(default=1_000, ge=1, le=1_000)
    """Members a request."""
    expected_members: int = kit.Field(default=1_000, ge=1)
    """How many members the plan of `check` reckons with; all are read, however many they are."""


_Source: TypeAlias = kit.Source[CursorTarget, Options]


class MemberDay(msgspec.Struct, rename="camel", kw_only=True):
    """What a member did on a day; a number that is absent is unknown."""

    ignored: ClassVar[frozenset[str]] = kit.names(
        "date totalTabsShown totalTabsAccepted mostUsedModel applyMostUsedExtension "
        "tabMostUsedExtension clientVersion"
    )

    day: str
    user_id: str | int | None = None
    email: str | None = None
    is_active: bool | None = None
    total_lines_added: kit.Count
    total_lines_deleted: kit.Count
    accepted_lines_added: kit.Count
    accepted_lines_deleted: kit.Count
    total_applies: kit.Count | None = None
    total_accepts: kit.Count | None = None
    total_rejects: kit.Count | None = None
    composer_requests: kit.Count | None = None
    chat_requests: kit.Count | None = None
    agent_requests: kit.Count | None = None
    cmdk_usages: kit.Count | None = None
    bugbot_usages: kit.Count | None = None
    subscription_included_reqs: kit.Count | None = None
    usage_based_reqs: kit.Count | None = None
    api_key_reqs: kit.Count | None = None

    def __post_init__(self) -> None:
        kit.checked("day", kit.moment, self.day)
        if not self.member:
            raise ValueError("field `userId` and `email` are both absent")

    @property
    def member(self) -> str:
        """Whose day it is: ids here are not those of the list of members."""
        return self.email or ("" if self.user_id is None else str(self.user_id))

    @property
    def start(self) -> int:
        return kit.floor(kit.moment(self.day), kit.DAY)

    @property
    def undecided_applies(self) -> int | None:
        """Changes that were neither accepted nor rejected."""
        if self.total_applies is None:
            return None
        return max(0, self.total_applies - (self.total_accepts or 0) - (self.total_rejects or 0))

    @property
    def chats(self) -> int:
        """Prompts in the chat, of which composer and agent are modes."""
        return sum(
            number or 0
            for number in (self.composer_requests, self.chat_requests, self.agent_requests)
        )


class Period(msgspec.Struct):
    """What was asked for; not read."""

    ignored: ClassVar[frozenset[str]] = kit.names("startDate endDate")


class DailyUsage(Paged, kw_only=True):
    """A page of the members' days."""

    data: list[MemberDay]
    period: Period | None = None


class _Family(NamedTuple):
    """A counter of the team and that of its people, with the field of each combination of labels."""

    team: kit.Group
    people: kit.Group
    fields: dict[tuple[str, ...], str]


def _family(
    name: str, told: str, labels: tuple[str, ...], fields: dict[tuple[str, ...], str]
) -> _Family:
    by_user = name.replace("cursor_", "cursor_user_", 1)
    return _Family(
        kit.Group.counters({name: told}, api=API, labels=labels, foldable_labels=()),
        kit.Group.counters(
            {by_user: f"{told}, by user"},
            api=API,
            labels=("user", *labels),
            foldable_labels=("user",),
            people=True,
        ),
        fields,
    )


FAMILIES = (
    _family(
        "cursor_lines_total",
        "Lines that the AI suggested, and those of them that people accepted",
        ("stage", "change"),
        {
            ("suggested", "added"): "total_lines_added",
            ("suggested", "deleted"): "total_lines_deleted",
            ("accepted", "added"): "accepted_lines_added",
            ("accepted", "deleted"): "accepted_lines_deleted",
        },
    ),
    _family(
        "cursor_applies_total",
        "Changes that the AI offered to apply",
        ("decision",),
        {
            ("accepted",): "total_accepts",
            ("rejected",): "total_rejects",
            ("undecided",): "undecided_applies",
        },
    ),
    _family(
        "cursor_requests_total",
        "Requests by the mode in which people made them; no units of a bill",
        ("mode",),
        {
            ("composer",): "composer_requests",
            ("chat",): "chat_requests",
            ("agent",): "agent_requests",
            ("cmdk",): "cmdk_usages",
            ("bugbot",): "bugbot_usages",
        },
    ),
    _family(
        "cursor_billed_requests_total",
        "Requests by what they are billed to; how many they were, not what they cost",
        ("bucket",),
        {
            ("included",): "subscription_included_reqs",
            ("usage_based",): "usage_based_reqs",
            ("api_key",): "api_key_reqs",
        },
    ),
)
CHATS = kit.Group(common_metrics.CHAT_INTERACTIONS)
COUNTERS = (
    *(metric for family in FAMILIES for metric in family.team.metrics),
    *(metric for family in FAMILIES for metric in family.people.metrics),
    *CHATS.metrics,
)


class _Members:
    """The members' days of one walk, each once: with people who join meanwhile, some come twice."""

    def __init__(self, window: kit.Window, *, people: bool) -> None:
        self.active: Counter[int] = Counter()
        """How many people were active, by the day, of all days that are told."""
        self.odd = self.announced = 0
        self._window = window
        self._people = people
        self._tally = kit.Tally()
        self._seen: set[tuple[int, str]] = set()

    def add(self, page: DailyUsage) -> None:
        self.announced = page.pagination.total
        for row in page.data:
            at = row.start, row.member.casefold()
            if at not in self._seen and row.start in self._window:
                self._seen.add(at)
                self._count(row)

    @property
    def rows(self) -> int:
        """How many members' days there are."""
        return len(self._seen)

    @property
    def members(self) -> frozenset[str]:
        return frozenset(member for _, member in self._seen)

    @property
    def agrees(self) -> bool:
        """Whether everybody came whom the last page announced, but for rows that cannot be read."""
        return len(self.members) + self.odd >= self.announced

    @property
    def disagreement(self) -> str:
        return f"{len(self.members)} members came although totalUsers is {self.announced}"

    def samples(self) -> Iterator[kit.Sample]:
        return self._tally.samples()

    def _count(self, row: MemberDay) -> None:
        self.active[row.start] += bool(row.is_active)
        for family in FAMILIES:
            for labels, field in family.fields.items():
                number = getattr(row, field)
                if number is None:
                    continue
                self._tally.add(family.team, labels, row.start, (number,))
                if self._people and number:
                    user = kit.Person(row.member)
                    self._tally.add(family.people, (user, *labels), row.start, (number,))
        self._tally.add(CHATS, (), row.start, (row.chats,))


async def read(source: _Source) -> kit.Batches:
    settled = kit.floor(source.now - SETTLED_AFTER, kit.DAY) - kit.DAY
    for window in source.window.split(LONGEST_RANGE):
        found = await _members(source, window)
        source.records += found.rows
        source.has_days(found.active)
        samples = [*found.samples()]
        if settled in found.active:
            people = found.active[settled]
            samples.append(kit.Sample(common_metrics.DAILY_ACTIVE_USERS, (), people))
        # Counting starts here even if no day is told yet, so that the first one is no baseline.
        told = [kit.Window(window.start, window.start)]
        told += (kit.Window(day, day + kit.DAY) for day in sorted(found.active))
        covers = [kit.Coverage(COUNTERS, each) for each in told]
        yield kit.Batch(samples, [*covers, kit.Coverage((common_metrics.DAILY_ACTIVE_USERS,))])


async def _members(source: _Source, window: kit.Window) -> _Members:
    """All members' days; read again where somebody is missing, as when pages move."""
    found = await _walk(source, window)
    if found.agrees:
        return found
    again = await _walk(source, window)
    if again.agrees:
        return again
    told = f"{DAILY_USAGE.path}: {again.disagreement}"
    if again.members != found.members:
        raise kit.UnavailableError(f"{told}, and others came before: the pages move")
    source.fail("the list of members", kit.SchemaError(f"{told}, twice; they count"))
    return again


async def _walk(source: _Source, window: kit.Window) -> _Members:
    members = _Members(window, people=source.people)
    odd = source.rejects.fields.total()
    size = source.options.page_size
    found = pages(source, asked(window), DailyUsage, lambda page: page.data, size, counted=False)
    async with aclosing(found) as walk:
        async for page in walk:
            members.add(page)
    members.odd = source.rejects.fields.total() - odd
    return members


def asked(window: kit.Window) -> kit.Request:
    """The days of a window; both ends are inclusive, in milliseconds."""
    dates = {"startDate": window.start * 1000, "endDate": window.end * 1000 - 1}
    return kit.Request.reading_post(DAILY_USAGE, dates)


def _last_day(source: kit.Source[Any, Any]) -> kit.Request:
    """One member on the last whole day."""
    today = kit.floor(source.now, kit.DAY)
    request = asked(kit.Window(today - kit.DAY, today))
    return request.with_parameters({"page": 1, "pageSize": 1})


def _plan(_: CursorTarget, options: Options) -> Sequence[kit.Cost]:
    pages = -(-options.expected_members // options.page_size)
    ranges = 1 + options.lookback // LONGEST_RANGE
    return [kit.Cost(GROUP, pages * ranges)]


STREAM = kit.Stream(
    name="daily_usage",
    summary="lines, requests and active people of a team, by day",
    metrics=(*COUNTERS, common_metrics.DAILY_ACTIVE_USERS),
    options=Options,
    read=read,
    plan=_plan,
    probe=kit.once(_last_day, DailyUsage),
    right=ADMIN,
    retention=90 * kit.DAY,
)
