"""What takes an empty state file, step by step, to the current schema; never edit one that was released."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from exporter.model import DAY

_FIRST = (
    "CREATE TABLE exporter (created REAL NOT NULL)",
    """CREATE TABLE stream (
        id INTEGER PRIMARY KEY,
        vendor TEXT NOT NULL, account TEXT NOT NULL, stream TEXT NOT NULL,
        horizon INTEGER, read_until REAL, started TEXT NOT NULL, progress TEXT NOT NULL,
        last_success REAL, data_until REAL, empty INTEGER NOT NULL, privacy TEXT NOT NULL,
        UNIQUE (vendor, account, stream)
    )""",
    """CREATE TABLE series (
        id INTEGER PRIMARY KEY,
        stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
        metric TEXT NOT NULL, labels TEXT NOT NULL,
        created REAL NOT NULL, counter NOT NULL, debt NOT NULL, released INTEGER NOT NULL,
        UNIQUE (stream_id, metric, labels)
    )""",
    """CREATE TABLE slot (
        series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
        start INTEGER NOT NULL, identity TEXT NOT NULL, value NOT NULL,
        PRIMARY KEY (series_id, start, identity)
    ) WITHOUT ROWID""",
    """CREATE TABLE gauge (
        stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
        metric TEXT NOT NULL, labels TEXT NOT NULL, value NOT NULL, read_at REAL NOT NULL,
        PRIMARY KEY (stream_id, metric, labels)
    ) WITHOUT ROWID""",
)
_PARTITIONS = (
    "ALTER TABLE stream RENAME COLUMN horizon TO oldest_kept",
    "ALTER TABLE stream RENAME COLUMN progress TO memory",
    "ALTER TABLE stream ADD COLUMN walk TEXT",
    "ALTER TABLE slot RENAME TO former_slot",
    """CREATE TABLE slot (
        series_id INTEGER NOT NULL REFERENCES series (id) ON DELETE CASCADE,
        start INTEGER NOT NULL, partition TEXT NOT NULL, key TEXT NOT NULL, value NOT NULL,
        PRIMARY KEY (series_id, start, partition, key)
    ) WITHOUT ROWID""",
    "ALTER TABLE gauge RENAME TO former_gauge",
    """CREATE TABLE gauge (
        stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
        metric TEXT NOT NULL, labels TEXT NOT NULL, partition TEXT NOT NULL,
        value NOT NULL, read_at REAL NOT NULL,
        PRIMARY KEY (stream_id, metric, labels, partition)
    ) WITHOUT ROWID""",
    """INSERT INTO gauge SELECT stream_id, metric, labels, '""', value, read_at FROM former_gauge""",
    "DROP TABLE former_gauge",
)

_FOLDED = "\x1f"
"""The beginning of an identity that was made of labels, for a folded sample; it had no partition."""
_PSEUDONYM = 18
"""The length of a pseudonym, `p_` and sixteen digits; an identity could be two of them."""
_TABLES: dict[str, Callable[[str], tuple[str, str]]] = {
    "tabnine_team_": lambda identity: _split(identity, ":"),
    "tabnine_user_": lambda identity: _split(identity, ":"),
    "github_billing_": lambda identity: _split(identity, ":"),
    "assistant_cost_": lambda identity: _split(identity, ":"),
    "github_api_user_": lambda identity: _split(identity, ":"),
    "github_api_actor_": lambda identity: _split(identity, ":", 2),
    "github_api_route_": lambda identity: _split(identity, ":", 2),
    "github_copilot_usage_team_": lambda identity: _split(identity, _FOLDED),
}
"""How identities are cut into a partition and a key, by the beginning of the metric's name."""

_AUTO = "Auto: "
_EXPLICIT = "explicit"
_OF_MODELS = """SELECT id, labels FROM series
    WHERE metric LIKE 'github_ai_credit_%' OR metric LIKE 'github_premium_request_%'"""
_SLOT_KEYS = "SELECT start, key FROM slot WHERE series_id = ?"


_BASELINES = (
    """CREATE TABLE baseline (
        stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
        metric TEXT NOT NULL, partition TEXT NOT NULL, since REAL NOT NULL,
        PRIMARY KEY (stream_id, metric, partition)
    ) WITHOUT ROWID""",
    "ALTER TABLE series ADD COLUMN moved NOT NULL DEFAULT 0",
    "ALTER TABLE stream ADD COLUMN erased TEXT NOT NULL DEFAULT '[]'",
)
_TOLD = (
    "ALTER TABLE stream ADD COLUMN told_until REAL",
    "ALTER TABLE stream ADD COLUMN odd TEXT NOT NULL DEFAULT '[0, 0, []]'",
)
_NOT_READ_IN_PARTITIONS = ({""}, {"all"})
"""The partitions of a metric that is read for the whole account; `all` is that of a bill."""


def _create(connection: sqlite3.Connection) -> None:
    _execute(connection, _FIRST)


def _separate_partitions(connection: sqlite3.Connection) -> None:
    """Take partitions out of identities, where they stood first, and walks out of streams' memories."""
    _execute(connection, _PARTITIONS)
    rows = connection.execute(
        "SELECT series_id, start, metric, identity, value FROM former_slot"
        " JOIN series ON series.id = series_id"
    ).fetchall()
    connection.executemany(
        "INSERT INTO slot VALUES (?, ?, ?, ?, ?)",
        (
            (series_id, start, *map(json.dumps, _parted(metric, json.loads(identity))), value)
            for series_id, start, metric, identity, value in rows
        ),
    )
    connection.execute("DROP TABLE former_slot")
    for stream_id, progress in connection.execute("SELECT id, memory FROM stream").fetchall():
        memory = dict(json.loads(progress))
        walk = _walk(memory.pop("walk", {}), memory.pop("catch_up", {}))
        connection.execute(
            "UPDATE stream SET memory = ?, walk = ? WHERE id = ?",
            (json.dumps(memory), None if walk is None else json.dumps(walk), stream_id),
        )


def _separate_selections(connection: sqlite3.Connection) -> None:
    """Take `Auto: ` out of the models of a GitHub bill, into a label of its own after the others."""
    _relabel_models(connection, _selected)


def _relabel_models(
    connection: sqlite3.Connection, change: Callable[[list[str]], list[str]]
) -> None:
    """Change the labels of the models of a GitHub bill, also where they are the key of a folded sample."""
    for series_id, text in connection.execute(_OF_MODELS).fetchall():
        labels = json.dumps(change(json.loads(text)))
        connection.execute("UPDATE series SET labels = ? WHERE id = ?", (labels, series_id))
        for start, key in connection.execute(_SLOT_KEYS, (series_id,)).fetchall():
            first, *names = json.loads(key).split(_FOLDED)
            if names and not first:
                changed = _FOLDED.join(("", *change(names)))
                connection.execute(
                    "UPDATE slot SET key = ? WHERE (series_id, start, key) = (?, ?, ?)",
                    (json.dumps(changed), series_id, start, key),
                )


def _selected(labels: list[str]) -> list[str]:
    model, *others = labels
    return [model.removeprefix(_AUTO), *others, "auto" if model.startswith(_AUTO) else ""]


def _name_explicit_selections(connection: sqlite3.Connection) -> None:
    """Give the models that people chose a selection too: they had an empty one."""
    _relabel_models(connection, _explicit)


def _explicit(labels: list[str]) -> list[str]:
    *others, selection = labels
    return [*others, selection or _EXPLICIT]


def _parted(metric: str, identity: str) -> tuple[str, str]:
    if identity.startswith(_FOLDED):
        return "", identity
    if identity.startswith("p_") and len(identity) == 2 * _PSEUDONYM:
        return identity[:_PSEUDONYM], identity[_PSEUDONYM:]
    cut = next((cut for start, cut in _TABLES.items() if metric.startswith(start)), None)
    return ("", identity) if cut is None or not identity else cut(identity)


def _split(identity: str, separator: str, parts: int = 1) -> tuple[str, str]:
    """The partition before the n-th separator and the key after it; all is key where there are fewer."""
    *start, rest = identity.split(separator, parts)
    return (separator.join(start), rest) if len(start) == parts else ("", identity)


def _walk(walk: dict[str, object], days: dict[str, object]) -> tuple[object, object, object] | None:
    """A walk over partitions, or one over days; of that the end of the last day was remembered."""
    if walk.get("after"):
        return walk.get("began"), walk.get("start"), walk["after"]
    until = days.get("until")
    if not isinstance(until, int | float) or not days.get("began"):
        return None
    last = datetime.fromtimestamp(until - DAY, UTC).date().isoformat()
    return days["began"], int(until), last


def _execute(connection: sqlite3.Connection, statements: Iterable[str]) -> None:
    for statement in statements:
        connection.execute(statement)


def _take_baselines_by_partition(connection: sqlite3.Connection) -> None:
    """What was read in partitions was read in those that something is remembered of."""
    _execute(connection, _BASELINES)
    remembered: dict[tuple[int, str], set[str]] = {}
    for stream_id, metric, partition in connection.execute(
        "SELECT DISTINCT stream_id, metric, partition FROM slot JOIN series ON series.id = series_id"
    ):
        remembered.setdefault((stream_id, metric), set()).add(json.loads(partition))
    for stream_id, started in connection.execute("SELECT id, started FROM stream").fetchall():
        for metric in json.loads(started):
            partitions = remembered.get((stream_id, metric), {""})
            if partitions in _NOT_READ_IN_PARTITIONS:
                partitions = {""}
            connection.executemany(
                "INSERT INTO baseline VALUES (?, ?, ?, 0)",
                ((stream_id, metric, json.dumps(partition)) for partition in partitions),
            )
    connection.execute("ALTER TABLE stream DROP COLUMN started")


def _know_what_was_told(connection: sqlite3.Connection) -> None:
    _execute(connection, _TOLD)


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _create,
    _separate_partitions,
    _separate_selections,
    _take_baselines_by_partition,
    _know_what_was_told,
    _name_explicit_selections,
)
"""`PRAGMA user_version` counts those that a file has seen; those that it lacks run in one transaction."""
