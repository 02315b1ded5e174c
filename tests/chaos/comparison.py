"""What the exporter counted beside what the world holds."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from prometheus_client.parser import text_string_to_metric_families

from bench.simulated import SECRETS
from exporter.model import DAY, Window
from exporter.store.sqlite import SQLiteStore
from tests.chaos.world import MonthOfWork
from tests.counted import STREAMS, CountedStream
from tests.e2e.processes import PATIENCE, http

Key: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]
Sums: TypeAlias = dict[Key, Decimal]

_OWN = ("account", "vendor")
_FROM_FILES = {
    "github_usage_report_": "summarized",
    "github_ai_credit_": "ai_credit",
}
USAGE_REPORTS = "github/usage_reports"
_NEAR = Decimal("1e-6")
"""The page shows floats of exact decimals."""


_STEADY = {name for each in STREAMS.values() if each.month.steady for name in each.metrics}
METRICS = {name: metric for each in STREAMS.values() for name, metric in each.metrics.items()}


class _Export(NamedTuple):
    report_type: str
    created: float
    days: Window


@dataclass(frozen=True, slots=True)
class Ledgers:
    """What the state file holds: the counters, and what of them was corrected and not yet paid."""

    counters: Sums
    debts: Sums

    @property
    def net(self) -> Sums:
        """What is counted less what is owed: the sum of the newest values."""
        return {key: value - self.debts[key] for key, value in self.counters.items()}


def _key(name: str, labels: Mapping[str, str]) -> Key:
    return name, tuple(sorted((k, v) for k, v in labels.items() if k not in _OWN))


def promised(sums: Sums) -> Sums:
    """What is promised to the unit: each series, or the sum of a family whose values move or shrink.

    What one series loses there and another gains in the same bucket and poll may be a move, and is
    counted as one.
    """
    found: Sums = {}
    _add(
        found,
        (((name, labels if name in _STEADY else ()), v) for (name, labels), v in sums.items()),
    )
    return found


def families(month: MonthOfWork) -> set[str]:
    """The families in which there is something to count since the first days."""
    return {
        name
        for streams, told in _since_first_days(month)
        for name in {name for name, _ in told}
        if any(name in stream.metrics for stream in streams)
    }


def truth(month: MonthOfWork) -> Sums:
    """The true sums since each stream's first day; of the export files, what they can tell."""
    found: Sums = {}
    for streams, told in _since_first_days(month):
        for counted in streams:
            if counted.name == USAGE_REPORTS:
                continue
            _add(
                found,
                (
                    ((name, counted.month.labels(labels)), value)
                    for (name, labels), value in told.items()
                    if name in counted.metrics
                ),
            )
    if USAGE_REPORTS in month.streams:
        _add_files(found, month)
    return found


def _since_first_days(
    month: MonthOfWork,
) -> Iterator[tuple[Sequence[CountedStream], Mapping[Key, Any]]]:
    """The streams that have a first day in common, and the truth since it."""
    by_day: defaultdict[int, list[CountedStream]] = defaultdict(list)
    for name, stream in month.streams.items():
        by_day[month.first_day(name)].append(stream)
    for day, streams in by_day.items():
        yield streams, month.simulator.truth(since=day)


def _add(sums: Sums, values: Iterable[tuple[Key, Any]]) -> None:
    for (name, labels), value in values:
        key = _key(name, dict(labels))
        sums[key] = sums.get(key, Decimal(0)) + Decimal(str(value))


def _add_files(sums: Sums, month: MonthOfWork) -> None:
    """Each day as it was posted when the last export that tells of it was made."""
    made, metrics = _exports(month), month.streams[USAGE_REPORTS].metrics
    for prefix, report_type in _FROM_FILES.items():
        for created, days in _told_by(made, report_type, month).items():
            told = month.simulator.truth(since=days.start, until=days.end, at=created)
            found = ((key, value) for key, value in told.items() if key[0] in metrics)
            _add(sums, ((key, value) for key, value in found if key[0].startswith(prefix)))


def _told_by(made: Sequence[_Export], report_type: str, month: MonthOfWork) -> dict[float, Window]:
    """The days that each export is the last to tell of, by when it was made."""
    found: dict[float, Window] = {}
    for day in range(month.first_day(USAGE_REPORTS), int(month.now), DAY):
        last = max(
            (one.created for one in made if one.report_type == report_type and day in one.days),
            default=None,
        )
        if last is not None:
            # An export tells of every day from its first one on until a later one begins.
            found[last] = Window(found[last].start if last in found else day, day + DAY)
    return found


def _exports(month: MonthOfWork) -> list[_Export]:
    """The completed exports; the list of the API has no fractions of seconds."""
    created = {
        (export["report_type"], int(export["created"])): float(export["created"])
        for export in month.simulator.exports()
    }
    answer = http.get(
        f"{month.simulator.url}/github/enterprises/acme/settings/billing/reports",
        headers={"authorization": f"Bearer {SECRETS['github']}"},
        timeout=PATIENCE,
    )
    answer.raise_for_status()
    told: list[dict[str, Any]] = answer.json()["usage_report_exports"]
    return [
        _Export(
            export["report_type"],
            created[export["report_type"], _unix(export["created_at"])],
            Window(_unix(export["start_date"]), _unix(export["end_date"]) + DAY),
        )
        for export in told
        if export["status"] == "completed"
    ]


def _unix(text: str) -> int:
    moment = datetime.datetime.fromisoformat(text)
    return int(moment.replace(tzinfo=moment.tzinfo or datetime.UTC).timestamp())


def shown(page: str) -> Sums:
    """The compared counters of a page."""
    found: Sums = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name in METRICS and _compared(sample.name, sample.labels):
                _add(found, [(_key(sample.name, sample.labels), repr(sample.value))])
    return found


def _compared(name: str, labels: Mapping[str, str]) -> bool:
    return not name.startswith("assistant_") or labels["vendor"] == "github"


async def ledgers(state: Path) -> Ledgers:
    """What a stopped exporter left in its state file."""
    store = SQLiteStore.open(state, 0)
    counters: Sums = {}
    debts: Sums = {}
    try:
        for counted in STREAMS.values():
            for (name, values), series in (await store.load(counted.key)).ledger.items():
                if name in counted.metrics:
                    labels = tuple(zip(METRICS[name].labels, values, strict=True))
                    _add(counters, [((name, labels), series.counter)])
                    _add(debts, [((name, labels), series.debt + series.moved)])
    finally:
        await store.close()
    return Ledgers(counters, debts)


def differences(one: Sums, other: Sums) -> dict[Key, tuple[Decimal, Decimal]]:
    """Where two sums are not equal to a millionth; a series that is missing is 0."""
    none = Decimal(0)
    return {
        key: (one.get(key, none), other.get(key, none))
        for key in sorted(one.keys() | other.keys())
        if abs(one.get(key, none) - other.get(key, none)) >= _NEAR
    }
