"""Stream `copilot_usage`: GitHub's first Copilot API, completions and chat by day.

GitHub closed it on 2025-03-01; any server that still speaks it can be read. It tells a UTC day from the
day after on, of the account or of a team. A day that an answer lacks is not a zero: a team has none
while fewer than five of its members are licensed.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Annotated, ClassVar, TypeAlias

import msgspec
from pydantic import Field

from exporter.streams import kit
from exporter.vendors.github.rights import REST, SEAT_READER
from exporter.vendors.github.vendor import GROUP, GithubTarget, below, first_of

DAYS = 28
"""How far back the API answers, and how many days a page has."""
CLOSED = (
    "GitHub closed this API on 2025-03-01: read copilot_reports there, or set base_url to a server "
    "that still speaks it"
)


class Options(kit.CountingOptions):
    """Options of `copilot_usage`."""

    interval: kit.Duration = Field(default=kit.HOUR, ge=1)
    lookback: kit.Duration = Field(default=7 * kit.DAY, ge=kit.DAY)
    teams: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Slugs of teams that are also counted on their own; each costs a request."""


_Source: TypeAlias = kit.Source[GithubTarget, Options]


_COUNTS = {"suggestions": "suggestions_count", "acceptances": "acceptances_count"}


class Row(msgspec.Struct, kw_only=True, rename=_COUNTS):
    """Completions of one language in one editor."""

    ignored: ClassVar = frozenset({"active_users"})

    language: str | None = None
    editor: str | None = None
    suggestions: kit.Count | None = None
    acceptances: kit.Count | None = None
    lines_suggested: kit.Count | None = None
    lines_accepted: kit.Count | None = None


def _of_day(field: str) -> str:
    return field if field in ("day", "breakdown") else f"total_{_COUNTS.get(field, field)}"


class Day(msgspec.Struct, kw_only=True, rename=_of_day):
    """One day; a total that is absent is unknown."""

    day: str
    suggestions: kit.Count | None = None
    acceptances: kit.Count | None = None
    lines_suggested: kit.Count | None = None
    lines_accepted: kit.Count | None = None
    active_users: kit.Count | None = None
    chat_acceptances: kit.Count | None = None
    chat_turns: kit.Count | None = None
    active_chat_users: kit.Count | None = None
    breakdown: list[Row] | None = None

    @property
    def rows(self) -> list[Row] | None:
        """The breakdown; one without rows says nothing."""
        return self.breakdown or None

    def __post_init__(self) -> None:
        """An odd day is found when it is read."""
        kit.moment(self.day)

    @property
    def window(self) -> kit.Window:
        start = kit.floor(kit.moment(self.day), kit.DAY)
        return kit.Window(start, start + kit.DAY)


_API = "GitHub Copilot usage API, closed on 2025-03-01, polled; whole UTC days, a day late"
ROWS = kit.Table(Row, api=_API, labels=("language", "editor")).counters_named(
    "github_copilot_usage_*_total",
    "*",
    {
        "github_copilot_usage_suggestions_total": "Completions that Copilot suggested",
        "github_copilot_usage_acceptances_total": "Completions that people accepted",
        "github_copilot_usage_lines_suggested_total": "Lines that Copilot suggested",
        "github_copilot_usage_lines_accepted_total": "Suggested lines that people accepted",
    },
)
COMPLETIONS = kit.Breakdown(ROWS, Day, "rows", totals=lambda day: day)
CHAT = kit.Table(Day, api=_API).counters_named(
    "github_copilot_usage_*_total",
    "*",
    {
        "github_copilot_usage_chat_turns_total": "Turns of Copilot Chat in the IDE",
        "github_copilot_usage_chat_acceptances_total": "Suggestions of Copilot Chat in the IDE that people accepted",
    },
)
PEOPLE = kit.Table(Day, api=_API).gauges_named(
    "github_copilot_usage_*",
    "*",
    {
        "github_copilot_usage_active_users": "People who used Copilot completions on the newest day",
        "github_copilot_usage_active_chat_users": "People who used Copilot Chat in the IDE on the newest day",
    },
)
COUNTERS = (*ROWS.metrics, *CHAT.metrics)


def _of_teams(metric: kit.Metric) -> kit.Metric:
    """The same measure of single teams, `github_copilot_usage_team_…`."""
    gauge = metric.type is kit.MetricType.GAUGE
    return replace(
        metric,
        name=metric.name.replace("_usage_", "_usage_team_"),
        help=metric.help.replace(" (GitHub", ", of a configured team (GitHub"),
        labels=("team_slug", *metric.labels),
        foldable_labels=metric.labels,
        # Somebody in two teams would be counted twice.
        merge=kit.Merge.DROP if gauge else kit.Merge.SUM,
    )


TEAM = {metric: _of_teams(metric) for metric in (*COUNTERS, *PEOPLE.metrics)}
"""By the metric of the account, that of its teams."""


async def read(source: _Source) -> AsyncGenerator[kit.Batch, None]:
    """The account, then each team, committed together."""
    samples, covers = _told(source, await _days(source))
    covers.append(kit.Coverage(tuple(TEAM[metric] for metric in PEOPLE.metrics)))
    for team in dict.fromkeys(source.options.teams):
        async with source.optional(f"the team {team!r}") as part:
            found, covered = _told(source, await _days(source, team))
        if part.error is None:
            samples += (_of_team(sample, team) for sample in found)
            covers += (
                kit.Coverage(tuple(TEAM[each] for each in cover.metrics), cover.window, team)
                for cover in covered
            )
    yield kit.Batch(samples, covers)


async def _days(source: _Source, team: str | None = None) -> Sequence[Day]:
    """The days that are over, the oldest first."""
    window = source.window
    over = kit.Window(window.start, min(window.end, kit.floor(source.now, kit.DAY)))
    if over.start == over.end:
        return []  # GitHub refuses to be asked for nothing
    request = _ask(source.target, team).with_parameters(
        {"since": kit.iso(over.start), "until": kit.iso(over.end - 1)}
    )
    paging = kit.LinkHeader(size=DAYS, page_param="page")
    told: list[Day] = []
    try:
        pages = source.pages(request, paging, list[Day], lambda page: page, counted=False)
        async with aclosing(pages):
            async for page in pages:
                told += page
    except kit.NotFoundError as error:
        remedy = CLOSED if team is None else f"is {team!r} the slug of a team?"
        raise kit.NotFoundError(f"{error}; {remedy}") from error
    days = {day.window.start: day for day in told if day.window.start in over}
    if told and not days and not any(day.window.start >= over.end for day in told):
        asked = f"{kit.iso_day(over.start)} to {kit.iso_day(over.end - 1)}"
        raise kit.SchemaError(
            f"{request.endpoint.path}: asked for {asked}, and no day of the answer is among them ($.day)"
        )
    source.records += len(days)
    return [days[start] for start in sorted(days)]


def _told(source: _Source, days: Sequence[Day]) -> tuple[list[kit.Sample], list[kit.Coverage]]:
    """What the days say, as of the whole account."""
    start = source.window.start
    # Counting starts here even if no day is told yet, so that the first one is no baseline.
    covers = [kit.Coverage(COUNTERS, kit.Window(start, start)), kit.Coverage(PEOPLE.metrics)]
    samples: list[kit.Sample] = []
    for day in days:
        for part in (COMPLETIONS, CHAT):
            found, full = part.count(day, day.window.start)
            samples += found
            covers.append(kit.Coverage(full, day.window))
    if days:
        samples += PEOPLE.samples(days[-1])
        source.has_days(day.window.start for day in days)
    return samples, covers


def _of_team(sample: kit.Sample, team: str) -> kit.Sample:
    return sample._replace(
        metric=TEAM[sample.metric],
        labels=(team, *sample.labels),
        partition=team,
        key="\x1f".join(sample.labels),
    )


def _ask(target: GithubTarget, team: str | None = None) -> kit.Request:
    if team is None:
        return below(target, "/copilot/usage", conditional=True)
    return below(target, "/team/{team_slug}/copilot/usage", conditional=True, team_slug=team)


STREAM = kit.Stream(
    name="copilot_usage",
    summary=(
        "completions and chat of Copilot by day, from the API that GitHub closed on 2025-03-01; it "
        "works against any server that still speaks it"
    ),
    metrics=(*TEAM, *TEAM.values()),
    options=Options,
    read=read,
    plan=lambda _, options: (kit.Cost(GROUP, 1 + len(set(options.teams))),),
    probe=kit.once(first_of("/copilot/usage"), list[Day]),
    right=replace(
        SEAT_READER["org"],
        document=f"{REST}/copilot/copilot-usage-metrics",
        classic=("manage_billing:copilot", "read:org", "read:enterprise"),
        policy="the policy for access to the Copilot metrics API must be enabled",
        gone="GitHub closed this API on 2025-03-01: use copilot_reports, or set base_url to a server "
        "that still speaks it",
    ),
    retention=DAYS * kit.DAY,
    by_default=False,
)
