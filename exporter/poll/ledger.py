"""What has been counted: per series and slot the last value read, per series a counter that never falls."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from exporter.model import Coverage, Number, Series, SeriesKey, Slot

Ledger: TypeAlias = dict[SeriesKey, Series]
Values: TypeAlias = dict[SeriesKey, dict[Slot, Number]]
"""What a poll read: the value of each slot of each series."""


def identity_in_other(labels: tuple[str, ...]) -> str:
    """What is counted without an identity is remembered by, in a series with fewer labels or `other`."""
    return "\x1f".join(("", *labels))


@dataclass(slots=True)
class Counted:
    """What a poll changed in the ledger."""

    changed: set[SeriesKey] = field(default_factory=set)
    born: set[SeriesKey] = field(default_factory=set)
    corrections: int = 0


def count(
    ledger: Ledger,
    values: Values,
    coverage: Iterable[Coverage],
    *,
    horizon: int,
    baseline: Collection[str],
    now: float,
) -> Counted:
    """Count what a poll read into the ledger, in place.

    Slots before `horizon` are ignored: the ledger has forgotten what it counted of them. Metrics
    named in `baseline` take their first values without counting.
    """
    result = Counted()
    _follow_renames(ledger, values, result, now)
    # What moved from one slot to another is no growth: what is gone is taken back first.
    for key, slots in _absent(ledger, values, coverage).items():
        _read(key, ledger[key], slots, horizon, baseline, result)
    for key, slots in values.items():
        if key not in ledger:
            ledger[key] = Series(created=now)
            result.born.add(key)
            result.changed.add(key)
        _read(key, ledger[key], slots, horizon, baseline, result)
    return result


def forget(ledger: Ledger, horizon: int) -> None:
    """Drop the slots before `horizon`; the counters stay."""
    for series in ledger.values():
        for slot in [slot for slot in series.slots if slot[0] < horizon]:
            del series.slots[slot]


def _read(
    key: SeriesKey,
    series: Series,
    slots: Mapping[Slot, Number],
    horizon: int,
    baseline: Collection[str],
    result: Counted,
) -> None:
    for slot, value in slots.items():
        if slot[0] < horizon or value == series.slots.get(slot, 0):
            continue
        result.changed.add(key)
        if key[0] in baseline:
            series.set(slot, value)
        elif series.read(slot, value):
            result.corrections += 1


def _follow_renames(ledger: Ledger, values: Values, result: Counted, now: float) -> None:
    """Move what was counted of an identity to the series that it belongs to by its name of today.

    So does a series that `other` held and that is on its own today, and one whose labels are other
    ones by today's choice. Only what is remembered moves: the old series keeps its counter, the new
    one grows from here.
    """
    wanted: dict[tuple[str, Slot], tuple[SeriesKey, Slot]] = {}
    for key, slots in values.items():
        whole = identity_in_other(key[1])
        for slot in slots:
            wanted[key[0], (slot[0], slot[1] or whole)] = key, slot
    for key, series in list(ledger.items()):
        held = values.get(key, {})
        whole = identity_in_other(key[1])
        for slot in [slot for slot in series.slots if slot not in held]:
            identified = key[0], (slot[0], slot[1] or whole)
            if identified not in wanted:
                continue
            owner, place = wanted[identified]
            if owner not in ledger:
                ledger[owner] = Series(created=now)
                result.born.add(owner)
            moved = series.slots.pop(slot)
            ledger[owner].slots[place] = ledger[owner].slots.get(place, 0) + moved
            result.changed.update((key, owner))


def _absent(ledger: Ledger, values: Values, coverage: Iterable[Coverage]) -> Values:
    """The slots that an answer speaks for and does not hold: their value is zero."""
    parts: dict[tuple[str, str], list[Coverage]] = {}
    for part in coverage:
        for metric in part.metrics:
            parts.setdefault((metric.name, part.identities), []).append(part)
    # A walk covers thousands of parts by identity: each slot looks its own up by its beginnings.
    lengths = {len(identities) for _, identities in parts}
    absent: Values = {}
    for key, series in ledger.items():
        read = values.get(key, {})
        for slot in series.slots:
            if slot not in read and any(
                slot in part
                for length in lengths
                for part in parts.get((key[0], slot[1][:length]), ())
            ):
                absent.setdefault(key, {})[slot] = 0
    return absent
