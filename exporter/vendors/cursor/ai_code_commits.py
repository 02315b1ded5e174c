"""Stream `ai_code_commits`: commits and where their lines come from, by repository.

A commit counts in the UTC day of its ingestion (`createdAt`). The vendor shows an amended commit
again; of rows with the same hash, user, repository and branch the one ingested last counts.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from pydantic import Field

from exporter.client.client import Endpoint
from exporter.config.durations import Duration
from exporter.model import DAY, Coverage, Metric, MetricType, Person, Sample
from exporter.streams.payload import Count
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream
from exporter.vendors.cursor import ai_code
from exporter.vendors.cursor.ai_code import (
    UNKNOWN,
    Rows,
    Tracking,
    TrackingOptions,
    TrackingPage,
    misfit,
    moment,
    newest_settled_day,
    read_rows,
)
from exporter.vendors.cursor.vendor import CursorTarget

_API = "Cursor AI code tracking, polled; by day of ingestion"
_BY_REPOSITORY = ("repository", "primary_branch")
SOURCES = ("tab", "composer", "non_ai")

COMMITS = Metric(
    "cursor_commits_total",
    MetricType.COUNTER,
    f"Commits that Cursor scored ({_API}).",
    _BY_REPOSITORY,
    foldable_labels=("repository",),
)
LINES_ADDED = Metric(
    "cursor_commit_lines_added_total",
    MetricType.COUNTER,
    f"Lines added by commits, by source; Tab and Composer can overlap ({_API}).",
    (*_BY_REPOSITORY, "source"),
    foldable_labels=("repository",),
)
LINES_DELETED = Metric(
    "cursor_commit_lines_deleted_total",
    MetricType.COUNTER,
    f"Lines deleted by commits, by source; Tab and Composer can overlap ({_API}).",
    (*_BY_REPOSITORY, "source"),
    foldable_labels=("repository",),
)
COMMITTERS = Metric(
    "cursor_committers",
    MetricType.GAUGE,
    f"People with commits on the newest settled UTC day ({_API}).",
)
USER_COMMITS = Metric(
    "cursor_user_commits_total",
    MetricType.COUNTER,
    f"Commits that Cursor scored, by user ({_API}).",
    ("user",),
    people=True,
)
USER_LINES_ADDED = Metric(
    "cursor_user_commit_lines_added_total",
    MetricType.COUNTER,
    f"Lines added by commits, by user and source ({_API}).",
    ("user", "source"),
    people=True,
    foldable_labels=("user",),
)
USER_LINES_DELETED = Metric(
    "cursor_user_commit_lines_deleted_total",
    MetricType.COUNTER,
    f"Lines deleted by commits, by user and source ({_API}).",
    ("user", "source"),
    people=True,
    foldable_labels=("user",),
)


class Options(TrackingOptions):
    """Options of `ai_code_commits`."""

    lookback: Duration = Field(default=7 * DAY, ge=0)
    overlap: Duration = Field(default=7 * DAY, ge=0)
    """How much is read before the lookback: nobody says whether dates mean commit or ingestion."""


class _Commit(msgspec.Struct, rename="camel", kw_only=True):
    commit_hash: str
    user_id: str | int
    user_email: str | None = None
    repo_name: str | None = None
    branch_name: str | None = None
    is_primary_branch: bool | None = None
    commit_source: str | None = None
    total_lines_added: Count
    total_lines_deleted: Count
    tab_lines_added: Count
    tab_lines_deleted: Count
    composer_lines_added: Count
    composer_lines_deleted: Count
    non_ai_lines_added: Count | None = None
    non_ai_lines_deleted: Count | None = None
    message: str | None = None
    commit_ts: str | None = None
    created_at: str


class _Page(TrackingPage, rename="camel", kw_only=True):
    items: list[_Commit]


TRACKING = Tracking(
    pages=Endpoint("/analytics/ai-code/commits", "ai-code/commits", conditional=True),
    csv=Endpoint("/analytics/ai-code/commits.csv", "ai-code/commits.csv"),
    page=_Page,
    required=(
        "commit_hash",
        "user_id",
        "created_at",
        "total_lines_added",
        "total_lines_deleted",
        "tab_lines_added",
        "tab_lines_deleted",
        "composer_lines_added",
        "composer_lines_deleted",
    ),
    optional=tuple(
        (name, name)
        for name in (
            "non_ai_lines_added",
            "non_ai_lines_deleted",
            "user_email",
            "repo_name",
            "branch_name",
            "is_primary_branch",
        )
    ),
    ignored=("commit_source", "message", "commit_ts"),
)

_PRIMARY = {True: "true", False: "false", "true": "true", "false": "false"}


class _Sums:
    """Sums of one key and day: commits, then lines added and deleted of each source."""

    __slots__ = ("day", "key", "values")

    def __init__(self, key: tuple[str, ...], day: int) -> None:
        self.key = key
        self.day = day
        self.values = [0] * 7

    def add(self, sign: int, lines: Sequence[int]) -> None:
        values = self.values
        values[0] += sign
        values[1] += sign * lines[0]
        values[2] += sign * lines[1]
        values[3] += sign * lines[2]
        values[4] += sign * lines[3]
        values[5] += sign * lines[4]
        values[6] += sign * lines[5]


class Tally:
    """Sums the rows of a read, each identity once, without keeping the rows.

    `committers` are the users with commits on `settled_day`. Sums by user are kept for `people` only.
    """

    def __init__(self, settled_day: int, *, people: bool) -> None:
        self.newest = 0.0
        self.committers: Counter[Any] = Counter()
        self.repositories: list[_Sums] = []
        self.users: list[_Sums] = []
        self._settled_day = settled_day
        self._people = people
        self._repository_index: dict[tuple[Any, Any, int], int] = {}
        self._user_index: dict[tuple[Any, int], int] = {}
        # A row that was ingested later takes its elder's place, so what the elder added must be
        # known: its time, its places in the two lists above, and its six line counts.
        self._places: dict[int, int] = {}
        self._times = array("d")
        self._kept = array("i")

    def add(self, rows: Rows) -> None:
        """Raises SchemaError for a number or time that is none."""
        places, times = self._places, self._times
        for row in rows:
            (hash_, user, created, total_added, total_deleted, tab_added, tab_deleted,
             composer_added, composer_deleted, other_added, other_deleted,
             email, repository, branch, primary) = row  # fmt: skip
            try:
                at = moment(created)
                tab_added, tab_deleted = int(tab_added), int(tab_deleted)
                composer_added, composer_deleted = int(composer_added), int(composer_deleted)
                if other_added is None or other_added == "":
                    other_added = max(0, int(total_added) - tab_added - composer_added)
                if other_deleted is None or other_deleted == "":
                    other_deleted = max(0, int(total_deleted) - tab_deleted - composer_deleted)
                lines = (
                    tab_added, tab_deleted, composer_added, composer_deleted,
                    int(other_added), int(other_deleted),
                )  # fmt: skip
                if min(lines) < 0:
                    raise ValueError("a count of lines is negative")
                day = int(at // DAY) * DAY
                user = str(user)  # a number in JSON is a text in CSV
                identity = hash((hash_, user, repository or None, branch or None))
                place = places.get(identity)
                if place is not None:
                    if times[place] >= at:
                        continue
                    self._take_back(place, user)
                self._keep(identity, at, lines, self._groups(repository, primary, user, email, day))
            except (OverflowError, TypeError, ValueError) as error:
                raise misfit(TRACKING, row) from error
            if day == self._settled_day:
                self.committers[user] += 1

    def _groups(
        self, repository: Any, primary: Any, user: Any, email: Any, day: int
    ) -> tuple[int, int]:
        """The places of a row's sums; without people the second is none, -1."""
        group = self._repository_index.get((repository, primary, day))
        if group is None:
            group = self._repository_index[repository, primary, day] = len(self.repositories)
            key = (repository or UNKNOWN, _PRIMARY.get(primary, UNKNOWN))
            self.repositories.append(_Sums(key, day))
        if not self._people:
            return group, -1
        person = self._user_index.get((user, day))
        if person is None:
            person = self._user_index[user, day] = len(self.users)
            self.users.append(_Sums((Person(email or user),), day))
        return group, person

    def _keep(
        self, identity: int, at: float, lines: tuple[int, ...], groups: tuple[int, int]
    ) -> None:
        self._kept.extend(groups + lines)
        self._places[identity] = len(self._times)
        self._times.append(at)
        self.repositories[groups[0]].add(1, lines)
        if groups[1] >= 0:
            self.users[groups[1]].add(1, lines)
        if at > self.newest:
            self.newest = at

    def _take_back(self, place: int, user: Any) -> None:
        group, person, *lines = self._kept[place * 8 : place * 8 + 8]
        self.repositories[group].add(-1, lines)
        if person >= 0:
            self.users[person].add(-1, lines)
        if self.repositories[group].day == self._settled_day:
            self.committers[user] -= 1


async def read(poll: Poll[CursorTarget, Options]) -> Reading:
    day = newest_settled_day(poll.now)
    reading, tally = Reading(complete=(COMMITTERS,)), Tally(day, people=poll.people)
    await read_rows(poll, TRACKING, reading, tally.add)
    reading.samples.extend(_samples(tally.repositories, COMMITS, LINES_ADDED, LINES_DELETED))
    if poll.people:
        reading.samples.extend(
            _samples(tally.users, USER_COMMITS, USER_LINES_ADDED, USER_LINES_DELETED)
        )
    if reading.records and day >= poll.window.start:
        committers = sum(1 for commits in tally.committers.values() if commits)
        reading.samples.append(Sample(COMMITTERS, (), committers))
    counters = tuple(metric for metric in METRICS if metric.type is MetricType.COUNTER)
    reading.coverage.append(Coverage(counters, poll.window))
    reading.data_until = tally.newest or None
    return reading


def _samples(
    sums: list[_Sums], commits: Metric, added: Metric, deleted: Metric
) -> Iterator[Sample]:
    for group in sums:
        yield Sample(commits, group.key, group.values[0], group.day)
        for index, source in enumerate(SOURCES):
            labels = (*group.key, source)
            yield Sample(added, labels, group.values[1 + 2 * index], group.day)
            yield Sample(deleted, labels, group.values[2 + 2 * index], group.day)


METRICS = (
    COMMITS,
    LINES_ADDED,
    LINES_DELETED,
    COMMITTERS,
    USER_COMMITS,
    USER_LINES_ADDED,
    USER_LINES_DELETED,
)


def plan(_: CursorTarget, options: Options) -> Sequence[Cost]:
    return ai_code.plan(TRACKING, options)


STREAM = Stream(
    name="ai_code_commits",
    shape=Shape.EVENTS,
    summary="commits and the share of their lines that Cursor wrote, by repository",
    metrics=METRICS,
    options=Options,
    bucket=DAY,
    retention=90 * DAY,
    settled_after=ai_code.SETTLED_AFTER,
    read=read,
    plan=plan,
)
