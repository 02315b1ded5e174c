"""Stream `ai_code_changes`: accepted changes of Tab and Composer, by model and file extension.

A change counts in the UTC day of its ingestion (`createdAt`); its id is fixed.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from pydantic import Field

from exporter.client.client import Endpoint
from exporter.config.durations import Duration
from exporter.model import DAY, OTHER, Coverage, Metric, MetricType, Person, Sample
from exporter.streams import common_metrics
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
_SOURCES = {"TAB": "tab", "COMPOSER": "composer"}

CHANGES = Metric(
    "cursor_changes_total",
    MetricType.COUNTER,
    f"AI changes that people accepted ({_API}).",
    ("source", "model"),
    foldable_labels=("model",),
)
LINES_ADDED = Metric(
    "cursor_change_lines_added_total",
    MetricType.COUNTER,
    f"Lines added by accepted AI changes ({_API}).",
    ("source", "model"),
    foldable_labels=("model",),
)
LINES_DELETED = Metric(
    "cursor_change_lines_deleted_total",
    MetricType.COUNTER,
    f"Lines deleted by accepted AI changes ({_API}).",
    ("source", "model"),
    foldable_labels=("model",),
)
FILE_LINES_ADDED = Metric(
    "cursor_change_file_lines_added_total",
    MetricType.COUNTER,
    f"Lines added by accepted AI changes, by file extension ({_API}).",
    ("file_extension",),
)
FILE_LINES_DELETED = Metric(
    "cursor_change_file_lines_deleted_total",
    MetricType.COUNTER,
    f"Lines deleted by accepted AI changes, by file extension ({_API}).",
    ("file_extension",),
)
USER_CHANGES = Metric(
    "cursor_user_changes_total",
    MetricType.COUNTER,
    f"AI changes that people accepted, by user ({_API}).",
    ("user",),
    people=True,
)
USER_LINES_ADDED = Metric(
    "cursor_user_change_lines_added_total",
    MetricType.COUNTER,
    f"Lines added by accepted AI changes, by user ({_API}).",
    ("user",),
    people=True,
)
USER_LINES_DELETED = Metric(
    "cursor_user_change_lines_deleted_total",
    MetricType.COUNTER,
    f"Lines deleted by accepted AI changes, by user ({_API}).",
    ("user",),
    people=True,
)

METRICS = (
    CHANGES,
    LINES_ADDED,
    LINES_DELETED,
    FILE_LINES_ADDED,
    FILE_LINES_DELETED,
    USER_CHANGES,
    USER_LINES_ADDED,
    USER_LINES_DELETED,
    common_metrics.ACCEPTANCES,
    common_metrics.LINES_ACCEPTED,
    common_metrics.DAILY_ACTIVE_USERS,
)


class Options(TrackingOptions):
    """Options of `ai_code_changes`."""

    lookback: Duration = Field(default=2 * DAY, ge=0)


class _File(msgspec.Struct, rename="camel", kw_only=True):
    file_name: str | None = None
    file_extension: str | None = None
    lines_added: Count = 0
    lines_deleted: Count = 0


class _Change(msgspec.Struct, rename="camel", kw_only=True):
    change_id: str | int
    user_id: str | int
    user_email: str | None = None
    source: str
    model: str | None = None
    total_lines_added: Count
    total_lines_deleted: Count
    created_at: str
    metadata: list[_File] | None = None


class _Page(TrackingPage, rename="camel", kw_only=True):
    items: list[_Change]


TRACKING = Tracking(
    pages=Endpoint("/analytics/ai-code/changes", "ai-code/changes", conditional=True),
    csv=Endpoint("/analytics/ai-code/changes.csv", "ai-code/changes.csv"),
    page=_Page,
    required=(
        "change_id",
        "user_id",
        "created_at",
        "source",
        "total_lines_added",
        "total_lines_deleted",
    ),
    optional=(("model", "model"), ("user_email", "user_email"), ("metadata", "metadata_json")),
    ignored=(),
)

_files = msgspec.json.Decoder(list[_File] | None)


class Tally:
    """Sums the rows of a read, each id once, without keeping the rows."""

    def __init__(self) -> None:
        self.newest = 0.0
        self.models: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        self.files: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
        self.users: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0, 0])
        self._seen: set[int] = set()

    def add(self, rows: Rows) -> None:
        """Raises SchemaError for a number, a time or a list of files that is none."""
        for row in rows:
            change, user, created, source, added, deleted, model, email, files = row
            identity = hash(str(change))
            if identity in self._seen:
                continue
            self._seen.add(identity)
            try:
                at = moment(created)
                lines = (1, int(added), int(deleted))
                if min(lines) < 0:
                    raise ValueError("a count of lines is negative")
                if isinstance(files, str):
                    files = _files.decode(files) if files else None
            except (TypeError, ValueError) as error:
                raise misfit(TRACKING, row) from error
            day = int(at // DAY) * DAY
            _add(self.models[_SOURCES.get(source, OTHER), model or UNKNOWN, day], lines)
            _add(self.users[email or str(user), day], lines)
            self._add_files(files or [], day, lines[1], lines[2])
            self.newest = max(self.newest, at)

    def _add_files(self, files: list[_File], day: int, added: int, deleted: int) -> None:
        """What the files leave out of the change's total goes to `other`."""
        for file in files:
            lines = (file.lines_added, file.lines_deleted)
            _add(self.files[file.file_extension or UNKNOWN, day], lines)
            added, deleted = added - lines[0], deleted - lines[1]
        if added > 0 or deleted > 0:
            _add(self.files[OTHER, day], (max(0, added), max(0, deleted)))


def _add(values: list[int], more: Sequence[int]) -> None:
    for index, value in enumerate(more):
        values[index] += value


async def read(poll: Poll[CursorTarget, Options]) -> Reading:
    reading, tally = Reading(complete=(common_metrics.DAILY_ACTIVE_USERS,)), Tally()
    await read_rows(poll, TRACKING, reading, tally.add)
    reading.samples.extend(_samples(tally, people=poll.people))
    day = newest_settled_day(poll.now)
    if reading.records and day >= poll.window.start:
        users = sum(1 for _, active in tally.users if active == day)
        reading.samples.append(Sample(common_metrics.DAILY_ACTIVE_USERS, (), users))
    counters = tuple(metric for metric in METRICS if metric.type is MetricType.COUNTER)
    reading.coverage.append(Coverage(counters, poll.window))
    reading.data_until = tally.newest or None
    return reading


def _samples(tally: Tally, *, people: bool) -> Iterator[Sample]:
    for (source, model, day), (changes, added, deleted) in tally.models.items():
        labels = (source, model)
        yield Sample(CHANGES, labels, changes, day)
        yield Sample(LINES_ADDED, labels, added, day)
        yield Sample(LINES_DELETED, labels, deleted, day)
        yield Sample(common_metrics.ACCEPTANCES, (), changes, day)
        yield Sample(common_metrics.LINES_ACCEPTED, (), added, day)
    for (extension, day), (added, deleted) in tally.files.items():
        yield Sample(FILE_LINES_ADDED, (extension,), added, day)
        yield Sample(FILE_LINES_DELETED, (extension,), deleted, day)
    if people:
        for (user, day), (changes, added, deleted) in tally.users.items():
            person: tuple[Any, ...] = (Person(user),)
            yield Sample(USER_CHANGES, person, changes, day)
            yield Sample(USER_LINES_ADDED, person, added, day)
            yield Sample(USER_LINES_DELETED, person, deleted, day)


def plan(_: CursorTarget, options: Options) -> Sequence[Cost]:
    return ai_code.plan(TRACKING, options)


STREAM = Stream(
    name="ai_code_changes",
    shape=Shape.EVENTS,
    summary="accepted AI changes, by source, model and file extension",
    metrics=METRICS,
    options=Options,
    bucket=DAY,
    retention=90 * DAY,
    settled_after=ai_code.SETTLED_AFTER,
    read=read,
    plan=plan,
)
