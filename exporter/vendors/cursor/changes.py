"""Stream `ai_code_changes`: accepted changes of Tab and Composer, by model and file extension.

A change counts in the UTC day of its ingestion (`createdAt`); its id is fixed.
"""

from functools import partial
from typing import Any

import msgspec

from exporter.streams import common_metrics, kit
from exporter.vendors.cursor.tracking import API, Tracking, TrackingOptions, TrackingPage, tracked

_counters = partial(kit.Group.counters, api=API)
BY_MODEL = _counters(
    {
        "cursor_changes_total": "AI changes that people accepted",
        "cursor_change_lines_added_total": "Lines added by accepted AI changes",
        "cursor_change_lines_deleted_total": "Lines deleted by accepted AI changes",
    },
    labels=("source", "model"),
    foldable_labels=("model",),
    totals=(common_metrics.ACCEPTANCES, common_metrics.LINES_ACCEPTED),
)
BY_FILE = _counters(
    {
        "cursor_change_file_lines_added_total": (
            "Lines added by accepted AI changes, by file extension"
        ),
        "cursor_change_file_lines_deleted_total": (
            "Lines deleted by accepted AI changes, by file extension"
        ),
    },
    labels=("file_extension",),
)
BY_USER = _counters(
    {
        "cursor_user_changes_total": "AI changes that people accepted, by user",
        "cursor_user_change_lines_added_total": "Lines added by accepted AI changes, by user",
        "cursor_user_change_lines_deleted_total": "Lines deleted by accepted AI changes, by user",
    },
    labels=("user",),
    people=True,
)


class Options(TrackingOptions):
    """Options of `ai_code_changes`."""

    lookback: kit.Duration = kit.Field(default=2 * kit.DAY, ge=0)


class _File(msgspec.Struct, rename="camel", kw_only=True):
    file_name: str | None = None
    file_extension: str | None = None
    lines_added: kit.Count = 0
    lines_deleted: kit.Count = 0


class _Change(msgspec.Struct, rename="camel", kw_only=True):
    change_id: str | int
    created_at: str
    user_id: str | int
    source: str
    total_lines_added: kit.Count
    total_lines_deleted: kit.Count
    model: str | None = None
    user_email: str | None = None
    metadata_json: list[_File] | None = msgspec.field(default=None, name="metadata")


class _Page(TrackingPage, rename="camel", kw_only=True):
    items: list[_Change]


TRACKING = Tracking("ai-code/changes", page=_Page, row=_Change)

_SOURCES = {"TAB": "tab", "COMPOSER": "composer"}
_files = msgspec.json.Decoder(list[_File] | None)


def count(row: kit.Row, day: int, tally: kit.Tally) -> int:
    """Add a change, whose numbers and files are texts where it is from the CSV; returns its lines."""
    _, _, user, source, added, deleted, model, email, files = row
    lines = (1, int(added), int(deleted))
    if min(lines) < 0:
        raise ValueError("a count of lines is negative")
    if isinstance(files, str):
        files = _files.decode(files) if files else ()
    tally.add(BY_MODEL, (_SOURCES.get(source, kit.OTHER), model or kit.UNKNOWN), day, lines)
    tally.add(BY_USER, (kit.Person(email or user),), day, lines)
    _, added, deleted = lines
    for file in files or ():
        in_file = (file.lines_added, file.lines_deleted)
        tally.add(BY_FILE, (file.file_extension or kit.UNKNOWN,), day, in_file)
        added, deleted = added - in_file[0], deleted - in_file[1]
    if added > 0 or deleted > 0:
        tally.add(BY_FILE, (kit.OTHER,), day, (max(0, added), max(0, deleted)))
    return lines[1] << 32 | lines[2]


def sums(source: kit.Source[Any, Options], settled_day: int) -> kit.Distinct:
    return kit.Distinct(count, TRACKING.odd, source.reject, BY_USER, settled_day)


STREAM = tracked(
    TRACKING,
    "ai_code_changes",
    "accepted AI changes, by source, model and file extension",
    sums=sums,
    options=Options,
    metrics=(
        *BY_MODEL.metrics,
        *BY_FILE.metrics,
        *BY_USER.metrics,
        *BY_MODEL.totals,
    ),
)
