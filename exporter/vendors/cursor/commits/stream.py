"""Stream `ai_code_commits`: commits and where their lines come from, by repository.

A commit counts in the UTC day of its ingestion (`createdAt`). The vendor shows an amended commit
again; of rows with the same hash, user, repository and branch the one ingested last counts.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from exporter.streams import kit
from exporter.vendors.cursor.commits.metrics import (
    COMMITS,
    COMMITTERS,
    LINES,
    SOURCES,
    USER_COMMITS,
    USER_LINES,
)
from exporter.vendors.cursor.tracking import Tracking, TrackingOptions, TrackingPage, tracked


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
    commit_ts: str | None = None
    commit_source: str | None = None
    message: str | None = None


class _Page(TrackingPage, rename="camel", kw_only=True):
    items: list[_Commit]


TRACKING = Tracking(
    "ai-code/commits", page=_Page, row=_Commit, ignored=("commit_source", "message")
)

_MOST_LINES = 2**31 - 1
_KEPT = 8
"""How many numbers are kept of a commit."""
_PRIMARY = {True: "true", False: "false", "true": "true", "false": "false"}


class CommitSums:
    """Sums the rows of a read, each commit once, without keeping the rows.

    Sums by user are made for `people` only. A commit is prompt that was ingested at most `overlap` seconds
    after its day. Later ones are summed apart, by their days of delay: a vendor that selects by the time of
    the commit shows them for fewer polls. `asked_from` is where the query begins; a commit from before it
    shows that the vendor selects `by_ingestion`, so that none is missing.
    """

    def __init__(
        self,
        settled_day: int,
        people: bool,
        reject: kit.Reject,
        overlap: int = 7 * kit.DAY,
        asked_from: int = 0,
    ) -> None:
        self._settled_day = settled_day
        self._people = people
        self._reject = reject
        self._overlap = overlap
        self._asked_from = asked_from
        self.by_ingestion = False
        self._repositories: dict[tuple[Any, Any, int, int], int] = {}
        self._users: dict[tuple[str, int, int], int] = {}
        self._names: list[str] = []
        self._first_prompt: dict[int, str] = {}
        # A row that was ingested later takes its elder's place. Of each commit are kept its time, the
        # numbers of its repository and its user in the above, and its six counts of lines.
        self._places: dict[int, int] = {}
        self._times = array("d")
        self._kept = array("i")

    def add(self, rows: Iterable[kit.Row]) -> None:
        places, times, kept = self._places, self._times, self._kept
        repositories, users = self._repositories, self._users
        for row in rows:
            (hash_, created, user, total_added, total_deleted, tab_added, tab_deleted,
             composer_added, composer_deleted, other_added, other_deleted,
             email, repository, branch, primary, committed) = row  # fmt: skip
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
            place = places.setdefault(identity, len(times))
            if place < len(times) and times[place] >= at:
                if times[place] == at and not self._has(place, lines):
                    self._reject("commit_hash")
                continue
            day = int(at // kit.DAY) * kit.DAY
            delay = 0
            if committed and committed[:10] <= self._prompt_after(day):
                delay = self._delay(committed, day)
            group = repositories.setdefault((repository, primary, day, delay), len(repositories))
            person = -1
            if self._people or day == self._settled_day:
                person = users.setdefault((user, day, delay), len(users))
                if person == len(self._names):
                    self._names.append(email or user)
            if place == len(times):
                times.append(at)
                kept.extend((group, person, *lines))
            else:
                times[place] = at
                kept[place * _KEPT : (place + 1) * _KEPT] = array("i", (group, person, *lines))

    def _has(self, place: int, lines: tuple[int, ...]) -> bool:
        """Whether the commit at a place has these counts of lines."""
        return tuple(self._kept[place * _KEPT + 2 : (place + 1) * _KEPT]) == lines

    def _prompt_after(self, day: int) -> str:
        """A date after which a commit is prompt that was ingested on a day, in whatever zone it is told."""
        text = self._first_prompt.get(day)
        if text is None:
            text = self._first_prompt[day] = kit.iso_day(day - self._overlap)
        return text

    def _delay(self, committed: str, day: int) -> int:
        """How many days before the day of its ingestion a commit was made; 0 for a prompt one."""
        try:
            at = kit.moment(committed)
        except ValueError:
            return 0
        # A vendor may begin with the whole of the first day.
        self.by_ingestion |= at < kit.floor(self._asked_from, kit.DAY)
        days = (day - kit.floor(at, kit.DAY)) // kit.DAY
        return days if days * kit.DAY > self._overlap else 0

    def samples(self) -> Iterator[kit.Sample]:
        by_repository = [[0] * 7 for _ in self._repositories]
        by_user = [[0] * 7 for _ in self._users]
        for repository, person, *lines in zip(*[iter(self._kept)] * _KEPT, strict=True):
            _add(by_repository[repository], lines)
            if self._people:
                _add(by_user[person], lines)
        groups = zip(self._repositories, by_repository, strict=True)
        for (name, primary, day, delay), sums in groups:
            labels = (name or kit.UNKNOWN, _PRIMARY.get(primary, kit.UNKNOWN))
            if self._holds(day, delay):
                yield from _samples(COMMITS, LINES, labels, day, delay, sums)
        if self._people:
            people = zip(self._users, self._names, by_user, strict=True)
            for (_, day, delay), user, sums in people:
                if self._holds(day, delay):
                    person = (kit.Person(user),)
                    yield from _samples(USER_COMMITS, USER_LINES, person, day, delay, sums)

    def _holds(self, day: int, delay: int) -> bool:
        """Whether the query holds all commits of a day that came with such a delay."""
        return self.by_ingestion or not delay or day - delay * kit.DAY >= self._asked_from

    def people(self) -> int:
        present = set(self._kept[1::_KEPT])
        return len(
            {
                user
                for (user, day, _), person in self._users.items()
                if day == self._settled_day and person in present
            }
        )


def _add(sums: list[int], lines: Sequence[int]) -> None:
    """Add a commit to a number of commits and their lines; unrolled, as it is called for every row."""
    sums[0] += 1
    sums[1] += lines[0]
    sums[2] += lines[1]
    sums[3] += lines[2]
    sums[4] += lines[3]
    sums[5] += lines[4]
    sums[6] += lines[5]


def _samples(
    commits: kit.Group,
    lines: kit.Group,
    labels: tuple[str, ...],
    day: int,
    delay: int,
    sums: Sequence[int],
) -> Iterator[kit.Sample]:
    def sample(metric: kit.Metric, labels: tuple[str, ...], value: int) -> kit.Sample:
        if not delay:
            return kit.Sample(metric, labels, value, day)
        # Many repositories and users have one delay: the key tells them apart.
        key = type(labels[0])("\x1f".join(labels))
        return kit.Sample(metric, labels, value, day, str(delay), key)

    yield sample(commits.metrics[0], labels, sums[0])
    for place, source in zip((1, 3, 5), SOURCES, strict=True):
        for metric, value in zip(lines.metrics, sums[place:], strict=False):
            yield sample(metric, (*labels, source), value)


def _sums(source: kit.Source[Any, Options], settled_day: int) -> CommitSums:
    overlap = source.options.overlap
    asked_from = source.window.start - overlap
    return CommitSums(settled_day, source.people, source.reject, overlap, asked_from)


def _covers(
    source: kit.Source[Any, Options], sums: CommitSums, counters: tuple[kit.Metric, ...]
) -> Iterator[kit.Coverage]:
    """Prompt commits of the whole window; of later ones the days that the query holds all of them of."""
    window, overlap = source.window, source.options.overlap
    if sums.by_ingestion:
        yield kit.Coverage(counters, window)
        return
    yield kit.Coverage(counters, window, "")
    asked_from = window.start - overlap
    for delay in range(overlap // kit.DAY + 1, (window.end - asked_from) // kit.DAY + 1):
        held = kit.Window(max(window.start, asked_from + delay * kit.DAY), window.end)
        yield kit.Coverage(counters, held, str(delay))


STREAM = tracked(
    TRACKING,
    "ai_code_commits",
    "commits and the share of their lines that Cursor wrote, by repository",
    sums=_sums,
    covers=_covers,
    options=Options,
    metrics=(
        *COMMITS.metrics,
        *LINES.metrics,
        COMMITTERS,
        *USER_COMMITS.metrics,
        *USER_LINES.metrics,
    ),
)
