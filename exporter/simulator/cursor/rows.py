"""How Cursor writes commits and changes: camelCase JSON objects and snake_case CSV rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from exporter.simulator.answers import format_milliseconds
from exporter.simulator.world.changes import Change, ChangedFile
from exporter.simulator.world.commits import Commit
from exporter.simulator.world.event_log import Event

E = TypeVar("E", bound=Event)
Cell: TypeAlias = str | int


@dataclass(frozen=True, slots=True)
class RowFormat(Generic[E]):
    """The two written forms of one kind of event."""

    to_json: Callable[[E], dict[str, Any]]
    header: tuple[str, ...]
    to_csv: Callable[[E], tuple[Cell, ...]]


_COMMIT_HEADER = (
    "commit_hash",
    "user_id",
    "user_email",
    "repo_name",
    "branch_name",
    "is_primary_branch",
    "total_lines_added",
    "total_lines_deleted",
    "tab_lines_added",
    "tab_lines_deleted",
    "composer_lines_added",
    "composer_lines_deleted",
    "non_ai_lines_added",
    "non_ai_lines_deleted",
    "message",
    "commit_ts",
    "created_at",
)
_CHANGE_HEADER = (
    "change_id",
    "user_id",
    "user_email",
    "source",
    "model",
    "total_lines_added",
    "total_lines_deleted",
    "created_at",
    "metadata_json",
)


def _commit_json(row: Commit) -> dict[str, Any]:
    body: dict[str, Any] = {
        "commitHash": row.hash,
        "userId": row.user_id,
        "userEmail": row.user_email,
        "repoName": row.repository,
        "branchName": row.branch,
    }
    if row.primary_branch is not None:
        body["isPrimaryBranch"] = row.primary_branch
    body |= {
        "totalLinesAdded": row.total_added,
        "totalLinesDeleted": row.total_deleted,
        "tabLinesAdded": row.tab_added,
        "tabLinesDeleted": row.tab_deleted,
        "composerLinesAdded": row.composer_added,
        "composerLinesDeleted": row.composer_deleted,
        "nonAiLinesAdded": row.non_ai_added,
        "nonAiLinesDeleted": row.non_ai_deleted,
        "message": row.message,
        "commitTs": None if row.commit_ms is None else format_milliseconds(row.commit_ms),
        "createdAt": format_milliseconds(row.created_ms),
    }
    return body


def _commit_json_with_source(row: Commit) -> dict[str, Any]:
    body = _commit_json(row)
    if row.source is not None:
        body["commitSource"] = row.source
    return body


def _commit_csv(row: Commit) -> tuple[Cell, ...]:
    return (
        row.hash,
        row.user_id,
        row.user_email,
        row.repository or "",
        row.branch or "",
        "" if row.primary_branch is None else str(row.primary_branch).lower(),
        row.total_added,
        row.total_deleted,
        row.tab_added,
        row.tab_deleted,
        row.composer_added,
        row.composer_deleted,
        row.non_ai_added,
        row.non_ai_deleted,
        row.message or "",
        "" if row.commit_ms is None else format_milliseconds(row.commit_ms),
        format_milliseconds(row.created_ms),
    )


def _commit_csv_with_source(row: Commit) -> tuple[Cell, ...]:
    first, *others = _commit_csv(row)
    return first, row.source or "", *others


def _file_json(file: ChangedFile) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if file.name is not None:
        body["fileName"] = file.name
    if file.extension is not None:
        body["fileExtension"] = file.extension
    return body | {"linesAdded": file.added, "linesDeleted": file.deleted}


def _change_json(row: Change) -> dict[str, Any]:
    return {
        "changeId": row.change_id,
        "userId": row.user_id,
        "userEmail": row.user_email,
        "source": row.source,
        "model": row.model,
        "totalLinesAdded": row.total_added,
        "totalLinesDeleted": row.total_deleted,
        "createdAt": format_milliseconds(row.created_ms),
        "metadata": [_file_json(file) for file in row.files],
    }


def _change_csv(row: Change) -> tuple[Cell, ...]:
    return (
        row.change_id,
        row.user_id,
        row.user_email,
        row.source,
        row.model or "",
        row.total_added,
        row.total_deleted,
        format_milliseconds(row.created_ms),
        msgspec.json.encode([_file_json(file) for file in row.files]).decode(),
    )


COMMITS = RowFormat(_commit_json, _COMMIT_HEADER, _commit_csv)
COMMITS_WITH_SOURCE = RowFormat(
    _commit_json_with_source,
    (_COMMIT_HEADER[0], "commit_source", *_COMMIT_HEADER[1:]),
    _commit_csv_with_source,
)
CHANGES = RowFormat(_change_json, _CHANGE_HEADER, _change_csv)
