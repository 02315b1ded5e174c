"""The status page: what every target and stream is doing, for people."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from exporter.client.errors import State
from exporter.duration import format_duration
from exporter.status import StreamStatus, TargetStatus

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_LAST_MOMENT = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
_WAITING = "waiting for its first poll"
_ALL_WAITING = "waiting for their first poll"

_COLUMNS = (
    "State",
    "Last success",
    "Data until",
    "Next poll",
    "Interval",
    "Records of the last poll",
    "Series",
)


class _Level(IntEnum):
    """How much a state asks of the reader, the most first: the order and the colour on the page."""

    BROKEN = 0
    PASSING = 1
    WAITING = 2
    EMPTY = 3
    OK = 4

    @property
    def problem(self) -> bool:
        return self <= _Level.PASSING


_LEVELS = {
    None: _Level.WAITING,
    State.OK: _Level.OK,
    State.EMPTY: _Level.EMPTY,
    State.RATE_LIMITED: _Level.PASSING,
    State.UNAVAILABLE: _Level.PASSING,
}


@dataclass(frozen=True, slots=True)
class _Badge:
    words: str
    level: _Level

    @property
    def colour(self) -> str:
        return self.level.name.lower()


@dataclass(frozen=True, slots=True)
class _Cell:
    """Words, with the UTC time they stand for; `absent` is why there is nothing to say."""

    words: str = ""
    moment: str = ""
    absent: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    badge: _Badge
    cells: tuple[_Cell, ...]
    problem: str
    failures: str


@dataclass(frozen=True, slots=True)
class _Section:
    vendor: str
    account: str
    badge: _Badge
    requests: str
    codes: str
    waited: str
    rows: tuple[_Row, ...]
    level: _Level


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(
    targets: Sequence[TargetStatus], now: float, *, telemetry_path: str, version: str
) -> str:
    """The whole page as HTML: targets and streams with problems first, else as configured."""
    sections = sorted((_section(target, now) for target in targets), key=lambda s: s.level)
    problems = sum(row.badge.level.problem for section in sections for row in section.rows)
    return _environment.get_template("status.html").render(
        columns=_COLUMNS,
        now=_moment(now),
        problems=_count(problems, "problem") if problems else "",
        sections=sections,
        summary=_summary(targets),
        telemetry_path=telemetry_path,
        version=version,
    )


def ago(seconds: float) -> str:
    """How long ago something was, as people say it; never more than it was."""
    return f"{_spoken(seconds)} ago" if seconds >= 1 else "just now"


def ahead(seconds: float) -> str:
    """How soon something will be, as people say it."""
    return f"in {_spoken(math.ceil(seconds))}" if seconds > 0 else "due"


def _spoken(seconds: float) -> str:
    whole = int(seconds)
    if whole < _MINUTE:
        return _count(whole, "second")
    if whole < _HOUR:
        return _count(whole // _MINUTE, "minute")
    if whole < _DAY:
        return _two_units(whole, _HOUR, "hour", _MINUTE, "minute")
    return _two_units(whole, _DAY, "day", _HOUR, "hour")


def _two_units(seconds: int, size: int, unit: str, small_size: int, small_unit: str) -> str:
    """A lone 1 would hide as much again as it says, so that it gets the smaller unit too."""
    count, rest = divmod(seconds, size)
    small = rest // small_size
    words = _count(count, unit)
    return f"{words} {_count(small, small_unit)}" if count == 1 and small else words


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _summary(targets: Sequence[TargetStatus]) -> str:
    streams = [stream for target in targets for stream in target.streams.values()]
    head = f"{_count(len(targets), 'target')}, {_count(len(streams), 'stream')}"
    found = Counter(stream.state for stream in streams)
    parts = [f"{found[state]:,} {_word(state)}" for state in State if found[state]]
    if waiting := found[None]:
        parts.append(f"{waiting:,} {_WAITING if waiting == 1 else _ALL_WAITING}")
    return f"{head}: {', '.join(parts)}" if parts else head


def _section(target: TargetStatus, now: float) -> _Section:
    rows = sorted(
        (_row(stream, now) for stream in target.streams.values()), key=lambda row: row.badge.level
    )
    total = target.requests.total()
    return _Section(
        vendor=target.vendor,
        account=target.account,
        badge=_answering(target),
        requests=f"{total:,}" if total else "none yet",
        codes=_codes(target.requests),
        waited=_waited(target.wait_seconds),
        rows=tuple(rows),
        level=min((row.badge.level for row in rows), default=_Level.OK),
    )


def _answering(target: TargetStatus) -> _Badge:
    if not target.streams:
        return _Badge("no streams enabled", _Level.EMPTY)
    if target.up:
        return _Badge("answers", _Level.OK)
    if all(stream.state is None for stream in target.streams.values()):
        return _Badge("not polled yet", _Level.WAITING)
    return _Badge("gives no valid answer", _Level.BROKEN)


def _codes(requests: Counter[tuple[str, str]]) -> str:
    """Requests by code class, as in `2xx: 12; 4xx: 3; no answer: 1`."""
    classes: Counter[str] = Counter()
    for (_, code), times in requests.items():
        classes[f"{code[0]}xx" if code.isdigit() else "no answer"] += times
    return "; ".join(f"{name}: {classes[name]:,}" for name in sorted(classes))


def _waited(seconds: float) -> str:
    return "less than a second" if 0 < seconds < 1 else _spoken(seconds)


def _row(stream: StreamStatus, now: float) -> _Row:
    level = _LEVELS.get(stream.state, _Level.BROKEN)
    problem = failures = ""
    if level.problem:
        problem = stream.reason or "No reason is known; the log may say more."
        if stream.failures_in_row > 1:
            failures = f"{stream.failures_in_row:,} failed polls in a row"
    return _Row(
        name=stream.key.stream,
        badge=_Badge(_word(stream.state), level),
        cells=(
            _last_success(stream, now),
            _data_until(stream, now),
            _next_poll(stream, now),
            _Cell(format_duration(stream.interval)),
            _records(stream),
            _series(stream),
        ),
        problem=problem,
        failures=failures,
    )


def _word(state: State | None) -> str:
    return _WAITING if state is None else state.value.replace("_", " ")


def _last_success(stream: StreamStatus, now: float) -> _Cell:
    if stream.last_success is None:
        return _Cell(absent="no poll has succeeded yet")
    return _Cell(ago(now - stream.last_success), _moment(stream.last_success))


def _data_until(stream: StreamStatus, now: float) -> _Cell:
    if stream.data_until is None:
        return _Cell(absent="no data has been read yet")
    # The newest bucket may be one that has not ended, such as today's.
    words = ago(now - stream.data_until) if stream.data_until < now else "up to now"
    return _Cell(words, _moment(stream.data_until))


def _next_poll(stream: StreamStatus, now: float) -> _Cell:
    if stream.polling_since is not None:
        running = now - stream.polling_since
        words = f"polling for {_spoken(running)}" if running >= 1 else "polling"
        return _Cell(words, _moment(stream.polling_since))
    if stream.next_poll is None:
        return _Cell(absent="no poll is planned")
    return _Cell(ahead(stream.next_poll - now), _moment(stream.next_poll))


def _records(stream: StreamStatus) -> _Cell:
    """Records are known for polls of this process only; failed polls leave the last good number."""
    running = stream.polling_since is not None
    if stream.polls - stream.failures.total() - running <= 0:
        return _Cell(absent="no poll has succeeded since the start")
    return _Cell(f"{stream.last_records:,}")


def _series(stream: StreamStatus) -> _Cell:
    if stream.last_success is None:
        return _Cell(absent="nothing has been counted yet")
    return _Cell(f"{stream.series:,}")


def _moment(seconds: float) -> str:
    """The time in UTC, without a zone, such as `2026-07-14 03:33:20`."""
    # A time that a vendor got wrong must not take the page down.
    moment = datetime.fromtimestamp(int(min(max(seconds, 0), _LAST_MOMENT)), UTC)
    return moment.replace(tzinfo=None).isoformat(" ")
