"""Stream `ai_code_commits`: commits and where their lines come from, by repository.

A commit counts in the UTC day of its ingestion (`createdAt`). The vendor shows an amended commit
again; of rows with the same hash, user, repository and branch the one ingested last counts.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from exporter.streams import kit
from exporter.vendors.cursor.tracking import API, Tracking, TrackingOptions, TrackingPage, tracked

SOURCES = ("tab", "composer", "non_ai")

COMMITS = kit.Group.counters(
    {"cursor_commits_total": "Commits that Cursor scored"},
    api=API,
    labels=("repository", "primary_branch"),
    foldable_labels=("repository",),
)
LINES = kit.Group.counters(
    {
        "cursor_commit_lines_added_total": (
            "Lines added by commits, by source; Tab and Composer can overlap"
        ),
        "cursor_commit_lines_deleted_total": (
            "Lines deleted by commits, by source; Tab and Composer can overlap"
        ),
    },
    api=API,
    labels=("repository", "primary_branch", "source"),
    foldable_labels=("repository",),
)
COMMITTERS = kit.Metric(
    "cursor_committers",
    kit.MetricType.GAUGE,
    f"People with commits on the newest settled UTC day ({API}).",
)
USER_COMMITS = kit.Group.counters(
    {"cursor_user_commits_total": "Commits that Cursor scored, by user"},
    api=API,
    labels=("user",),
    people=True,
)
USER_LINES = kit.Group.counters(
    {
        "cursor_user_commit_lines_added_total": "Lines added by commits, by user and source",
        "cursor_user_commit_lines_deleted_total": "Lines deleted by commits, by user and source",
    },
    api=API,
    labels=("user", "source"),
    foldable_labels=("user",),
    people=True,
)


class Options(TrackingOptions):
    """Options of `ai_code_commits`."""

    lookback: kit.Duration = kit.Field(default=7 * kit.DAY, ge=0)
    overlap: kit.Duration = kit.Field(default=7 * kit.DAY, ge=0)
    """How much is read before the lookback: nobody says whether dates mean commit or ingestion."""


class _Commit(msgspec.Struct, rename="camel", kw_only=True):
    commit_hash: str
    created_at: str
    user_id: str | int
    total_lines_added: kit.Count
    total_lines_deleted: kit.Count
    tab_lines_added: kit.Count
    tab_lines_deleted: kit.Count
    composer_lines_added: kit.Count
    composer_lines_deleted: kit.Count
    non_ai_lines_added: kit.Count | None = None
    non_ai_lines_deleted: kit.Count | None = None
    user_email: str | None = None
    repo_name: str | None = None
    branch_name: str | None = None
    is_primary_branch: bool | None = None
    commit_source: str | None = None
    message: str | None = None
    commit_ts: str | None = None


class _Page(TrackingPage, rename="camel", kw_only=True):
    items: list[_Commit]


TRACKING = Tracking(
    pages=kit.Endpoint("/analytics/ai-code/commits", "ai-code/commits", conditional=True),
    csv=kit.Endpoint("/analytics/ai-code/commits.csv", "ai-code/commits.csv"),
    page=_Page,
    row=_Commit,
    ignored=("commit_source", "message", "commit_ts"),
)

_MOST_LINES = 2**31 - 1
_PRIMARY = {True: "true", False: "false", "true": "true", "false": "false"}


class _Sums:
    """Sums of one repository or user and day: commits, then lines added and deleted of each source."""

    __slots__ = ("day", "labels", "values")

    def __init__(self, labels: tuple[str, ...], day: int) -> None:
        self.labels = labels
        self.day = day
        self.values = [0] * 7

    def add(self, sign: int, lines: Sequence[int]) -> None:
        """Unrolled: it is called twice for every row."""
        values = self.values
        values[0] += sign
        values[1] += sign * lines[0]
        values[2] += sign * lines[1]
        values[3] += sign * lines[2]
        values[4] += sign * lines[3]
        values[5] += sign * lines[4]
        values[6] += sign * lines[5]


class CommitSums:
    """Sums the rows of a read, each commit once, without keeping the rows.

    `committers` are the users with commits on `settled_day`. Sums by user are kept for `people` only.
    """

    def __init__(self, settled_day: int, people: bool, reject: kit.Reject) -> None:
        self.newest = 0.0
        self.committers: Counter[str] = Counter()
        self._settled_day = settled_day
        self._people = people
        self._reject = reject
        self._repositories: list[_Sums] = []
        self._users: list[_Sums] = []
        self._repository_index: dict[tuple[Any, Any, int], int] = {}
        self._user_index: dict[tuple[str, int], int] = {}
        # A row that was ingested later takes its elder's place, so what the elder added must be
        # known: its time, its places in the two lists above, and its six line counts.
        self._places: dict[int, int] = {}
        self._times = array("d")
        self._kept = array("i")

    def add(self, rows: Iterable[kit.Row]) -> None:
        places, times = self._places, self._times
        for row in rows:
            (hash_, created, user, total_added, total_deleted, tab_added, tab_deleted,
             composer_added, composer_deleted, other_added, other_deleted,
             email, repository, branch, primary) = row  # fmt: skip
            try:
                at = kit.moment(created)
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
                if min(lines) < 0 or max(lines) > _MOST_LINES:
                    raise ValueError("no count of lines")
            except (TypeError, ValueError):
                self._reject(TRACKING.odd(row))
                continue
            user = str(user)  # a number in JSON is a text in CSV
            identity = hash((hash_, user, repository or None, branch or None))
            place = places.get(identity)
            if place is not None:
                if times[place] >= at:
                    continue
                self._take_back(place, user)
            places[identity] = len(times)
            times.append(at)
            if at > self.newest:
                self.newest = at
            day = int(at // kit.DAY) * kit.DAY
            if day == self._settled_day:
                self.committers[user] += 1
            self._keep(lines, *self._groups(repository, primary, user, email, day))

    def _groups(
        self, repository: Any, primary: Any, user: str, email: str | None, day: int
    ) -> tuple[int, int]:
        """The places of a row's sums in the two lists; without people the second is none, -1."""
        group = self._repository_index.get((repository, primary, day))
        if group is None:
            group = self._repository_index[repository, primary, day] = len(self._repositories)
            labels = (repository or kit.UNKNOWN, _PRIMARY.get(primary, kit.UNKNOWN))
            self._repositories.append(_Sums(labels, day))
        if not self._people:
            return group, -1
        person = self._user_index.get((user, day))
        if person is None:
            person = self._user_index[user, day] = len(self._users)
            self._users.append(_Sums((kit.Person(email or user),), day))
        return group, person

    def _keep(self, lines: tuple[int, ...], group: int, person: int) -> None:
        self._kept.extend((group, person, *lines))
        self._repositories[group].add(1, lines)
        if person >= 0:
            self._users[person].add(1, lines)

    def _take_back(self, place: int, user: str) -> None:
        group, person, *lines = self._kept[place * 8 : place * 8 + 8]
        self._repositories[group].add(-1, lines)
        if person >= 0:
            self._users[person].add(-1, lines)
        if self._repositories[group].day == self._settled_day:
            self.committers[user] -= 1

    def samples(self) -> Iterator[kit.Sample]:
        yield from _samples(self._repositories, COMMITS, LINES)
        yield from _samples(self._users, USER_COMMITS, USER_LINES)

    def people(self) -> int:
        return sum(1 for commits in self.committers.values() if commits)


def _samples(all_sums: list[_Sums], commits: kit.Group, lines: kit.Group) -> Iterator[kit.Sample]:
    for sums in all_sums:
        yield kit.Sample(commits.metrics[0], sums.labels, sums.values[0], sums.day)
        for place, source in zip((1, 3, 5), SOURCES, strict=True):
            for metric, value in zip(lines.metrics, sums.values[place:], strict=False):
                yield kit.Sample(metric, (*sums.labels, source), value, sums.day)


STREAM = tracked(
    TRACKING,
    "ai_code_commits",
    "commits and the share of their lines that Cursor wrote, by repository",
    sums=CommitSums,
    options=Options,
    metrics=(
        *COMMITS.metrics,
        *LINES.metrics,
        COMMITTERS,
        *USER_COMMITS.metrics,
        *USER_LINES.metrics,
    ),
)
