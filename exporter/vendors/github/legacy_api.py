"""What GitHub's two closed Copilot APIs share: one record a UTC day, of an account or of a team.

Days are told from the day after on. A day that an answer lacks is not a zero: a team has none while
fewer than five of its members are licensed.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Annotated, Generic, NamedTuple, TypeVar

import msgspec
from pydantic import Field

from exporter.client.client import Endpoint, Request
from exporter.client.errors import NotFoundError, PollError
from exporter.client.paging import LinkHeader
from exporter.config.durations import Duration
from exporter.model import DAY, HOUR, Coverage, Merge, Metric, MetricType, Sample, Window, floor
from exporter.streams.payload import decode, drift
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream, StreamOptions
from exporter.vendors.github.vendor import GROUP, GithubTarget

UNKNOWN = "unknown"
"""The label value of a name that the vendor left out."""

_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """A measure: its metric for the whole account, and the one for single teams."""

    whole: Metric
    team: Metric

    def of(self, team: str | None) -> Metric:
        return self.whole if team is None else self.team


@dataclass(frozen=True, slots=True)
class Families:
    """Makes the measures of one API; `source` is how HELP names the API and how late it is."""

    prefix: str
    source: str

    def counter(self, name: str, counted: str, labels: tuple[str, ...] = ()) -> Family:
        return self._family(MetricType.COUNTER, f"{name}_total", counted, labels)

    def gauge(self, name: str, counted: str) -> Family:
        return self._family(MetricType.GAUGE, name, f"{counted} on the newest day", ())

    def _family(self, kind: MetricType, name: str, counted: str, labels: tuple[str, ...]) -> Family:
        return Family(
            Metric(f"{self.prefix}_{name}", kind, f"{counted} ({self.source}).", labels),
            Metric(
                f"{self.prefix}_team_{name}",
                kind,
                f"{counted}, of a configured team ({self.source}).",
                ("team_slug", *labels),
                foldable_labels=labels,
                # Somebody in two teams would be counted twice.
                merge=Merge.DROP if kind is MetricType.GAUGE else Merge.SUM,
            ),
        )


class Told(NamedTuple):
    """A value of one day; None where the vendor says that there is something, but not how much."""

    family: Family
    labels: tuple[str, ...]
    value: int | None


class Counted(NamedTuple):
    """A value of one day that is known."""

    family: Family
    labels: tuple[str, ...]
    value: int


@dataclass(slots=True)
class DayFacts:
    """What one day says; `known` are the counters that it says all about."""

    counts: list[Counted] = field(default_factory=list)
    known: set[Family] = field(default_factory=set)
    people: dict[Family, int] = field(default_factory=dict)

    def tell(self, families: Iterable[Family], rows: Iterable[Told]) -> None:
        """Take all rows of some counters; one with an unknown value is not known in full."""
        self.known.update(families)
        for family, labels, value in rows:
            if value is None:
                self.known.discard(family)
            else:
                self.counts.append(Counted(family, labels, value))

    def tell_people(self, family: Family, value: int | None) -> None:
        """Take a count of people, where it is known."""
        if value is not None:
            self.people[family] = value


class DayRecord(msgspec.Struct, kw_only=True):
    """One day of an answer."""

    @property
    def on(self) -> date:
        """The UTC day."""
        raise NotImplementedError

    @property
    def start(self) -> int:
        return int(datetime(self.on.year, self.on.month, self.on.day, tzinfo=UTC).timestamp())

    def facts(self) -> DayFacts:
        raise NotImplementedError


DayT = TypeVar("DayT", bound=DayRecord)


@dataclass(frozen=True, slots=True)
class LegacyApi(Generic[DayT]):
    """One of the APIs; `closed` and `refused` tell the remedy for a 404 and for other refusals."""

    name: str
    page: type[list[DayT]]
    page_days: int
    days_back: int
    families: tuple[Family, ...]
    closed: str
    refused: str = ""

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (*(f.whole for f in self.families), *(f.team for f in self.families))

    def request(self, target: GithubTarget, team: str | None) -> Request:
        scope = "org" if target.org else "enterprise"
        values = {scope: str(target.org or target.enterprise)}
        if team is not None:
            values["team_slug"] = team
        of_team = "" if team is None else "/team/{team_slug}"
        path = f"/{scope}s/{{{scope}}}{of_team}/copilot/{self.name}"
        return Request(Endpoint(path, GROUP, conditional=True), values)

    def remedied(self, error: PollError, team: str | None) -> PollError:
        """The error with what to do about it, where only this API can know."""
        if isinstance(error, NotFoundError):
            remedy = self.closed if team is None else f"is {team!r} the slug of a team?"
            return NotFoundError(f"{error}; {remedy}")
        if type(error) is PollError and self.refused:
            return PollError(f"{error}; {self.refused}")
        return error


class LegacyOptions(StreamOptions):
    """Options of the streams that read a closed Copilot API."""

    interval: Duration = Field(default=HOUR, ge=1)
    lookback: Duration = Field(default=7 * DAY, ge=DAY)
    teams: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Slugs of teams that are also counted on their own; each costs a request."""


OptionsT = TypeVar("OptionsT", bound=LegacyOptions)


class _Read(Generic[DayT]):
    """One read: the days that are over, of the account and then of each team."""

    def __init__(self, poll: Poll[GithubTarget, OptionsT], api: LegacyApi[DayT]) -> None:
        self._client, self._target, self._teams = poll.client, poll.target, poll.options.teams
        self._api = api
        self._over = Window(poll.window.start, floor(poll.now, DAY))
        gauges = (metric for metric in api.metrics if metric.type is MetricType.GAUGE)
        self._reading = Reading(complete=tuple(gauges))

    async def run(self) -> Reading:
        for team in (None, *dict.fromkeys(self._teams)):
            try:
                days = await self._days(team)
            except PollError as error:
                raise self._api.remedied(error, team) from error
            facts = {start: day.facts() for start, day in sorted(days.items())}
            self._reading.samples.extend(_samples(facts, team))
            self._reading.coverage.extend(self._coverage(facts, team))
            if facts:
                newest = max(facts) + DAY
                self._reading.data_until = max(self._reading.data_until or 0, newest)
        return self._reading

    async def _days(self, team: str | None) -> dict[int, DayT]:
        """The days by their start, those that are not over left out."""
        request = self._api.request(self._target, team).with_parameters(
            {"since": _iso(self._over.start), "until": _iso(self._over.end - 1)}
        )

        def decoded(body: bytes) -> tuple[list[DayT], int]:
            rows = decode(body, self._api.page, request.endpoint.path)
            self._reading.drift.update(drift(body, self._api.page))
            return rows, len(rows)

        paging = LinkHeader(size=self._api.page_days, page_param="page")
        days: dict[int, DayT] = {}
        async with aclosing(self._client.pages(request, paging, decoded)) as pages:
            async for page in pages:
                days.update((day.start, day) for day in page if day.start in self._over)
        self._reading.records += len(days)
        return days

    def _coverage(self, facts: dict[int, DayFacts], team: str | None) -> Iterator[Coverage]:
        counters = [f.of(team) for f in self._api.families if f.whole.type is MetricType.COUNTER]
        # Counting starts here even if no day is told yet, so that the first one is no baseline.
        begun = Window(self._over.start, self._over.start)
        yield Coverage(tuple(counters), begun, _whose(team))
        for known, starts in groupby(facts, key=lambda start: frozenset(facts[start].known)):
            metrics = tuple(family.of(team) for family in known)
            for window in _spans(starts):
                yield Coverage(metrics, window, _whose(team))


def _samples(facts: dict[int, DayFacts], team: str | None) -> Iterator[Sample]:
    lead = () if team is None else (team,)
    for start, day in facts.items():
        for family, labels, value in day.counts:
            identity = "" if team is None else _whose(team) + _SEPARATOR.join(labels)
            yield Sample(family.of(team), lead + labels, value, start, identity)
    if facts:
        for family, value in facts[max(facts)].people.items():
            yield Sample(family.of(team), lead, value)


def _whose(team: str | None) -> str:
    """How the identities of a team begin; the separator keeps `web` apart from `web-shop`."""
    return "" if team is None else f"{team}{_SEPARATOR}"


def _spans(starts: Iterable[int]) -> Iterator[Window]:
    """Days that follow each other as one window."""
    span: Window | None = None
    for start in starts:
        if span is not None and span.end != start:
            yield span
            span = None
        span = Window(start if span is None else span.start, start + DAY)
    if span is not None:
        yield span


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stream(
    api: LegacyApi[DayT], name: str, summary: str, options: type[OptionsT]
) -> Stream[GithubTarget, OptionsT]:
    """The stream that reads one of the APIs."""

    async def read(poll: Poll[GithubTarget, OptionsT]) -> Reading:
        return await _Read(poll, api).run()

    def plan(_: GithubTarget, options: OptionsT) -> Sequence[Cost]:
        return (Cost(GROUP, 1 + len(set(options.teams))),)

    return Stream(
        name=name,
        shape=Shape.BUCKETS,
        summary=summary,
        metrics=api.metrics,
        options=options,
        bucket=DAY,
        retention=api.days_back * DAY,
        settled_after=DAY,
        read=read,
        plan=plan,
        by_default=False,
    )
