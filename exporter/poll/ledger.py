"""What has been counted: per series and slot the last value read, per series a counter that never falls."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from exporter.model import Coverage, Number, Sample, Series, SeriesKey, Slot

Ledger: TypeAlias = dict[SeriesKey, Series]
Values: TypeAlias = dict[SeriesKey, dict[Slot, Number]]
"""What a poll read: the value of each slot of each series."""


def key_of_labels(labels: tuple[str, ...]) -> str:
    """The key of a folded sample that has none of its own: its original labels."""
    return "\x1f".join(("", *labels))


def keyed(sample: Sample) -> Sample:
    """A sample that is found again whatever its labels become: by its partition and key, or its labels."""
    if sample.partition or sample.key:
        return sample
    return sample._replace(key=key_of_labels(sample.labels))


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
    oldest_kept: int,
    baseline: Collection[str],
    now: float,
) -> Counted:
    """Count what a poll read into the ledger, in place.

    Buckets before `oldest_kept` are ignored: the ledger has forgotten what it counted of them. Metrics
    named in `baseline` take their first values without counting.
    """
    result = Counted()
    _follow_renames(ledger, values, result, now)
    # Decreases come before increases, so that a value that moved between slots nets to zero.
    for key, slots in _absent(ledger, values, coverage).items():
        _read(key, ledger[key], slots, oldest_kept, baseline, result)
    for key, slots in values.items():
        if key not in ledger:
            ledger[key] = Series(created=now)
            result.born.add(key)
            result.changed.add(key)
        _read(key, ledger[key], slots, oldest_kept, baseline, result)
    return result


def forget(ledger: Ledger, oldest_kept: int) -> None:
    """Drop the slots of older buckets; the counters stay."""
    for series in ledger.values():
        for slot in [slot for slot in series.slots if slot.bucket < oldest_kept]:
            del series.slots[slot]


def _read(
    key: SeriesKey,
    series: Series,
    slots: Mapping[Slot, Number],
    oldest_kept: int,
    baseline: Collection[str],
    result: Counted,
) -> None:
    for slot, value in slots.items():
        if slot.bucket < oldest_kept or value == series.slots.get(slot, 0):
            continue
        result.changed.add(key)
        if key[0] in baseline:
            series.set(slot, value)
        elif series.read(slot, value):
            result.corrections += 1


def _follow_renames(ledger: Ledger, values: Values, result: Counted, now: float) -> None:
    """Move what was counted of a thing to the series that shows it today.

    It was renamed, moved into or out of `other`, or is shown with other labels. Only what is remembered
    moves: the old series keeps its counter, the other one grows from here.
    """
    wanted: dict[tuple[str, Slot], tuple[SeriesKey, Slot]] = {}
    for key, slots in values.items():
        for slot in slots:
            wanted[key[0], _identified(slot, key)] = key, slot
    for key, series in list(ledger.items()):
        held = values.get(key, {})
        for slot in [slot for slot in series.slots if slot not in held]:
            identified = key[0], _identified(slot, key)
            if identified not in wanted:
                continue
            owner, place = wanted[identified]
            if owner not in ledger:
                ledger[owner] = Series(created=now)
                result.born.add(owner)
            moved = series.slots.pop(slot)
            ledger[owner].slots[place] = ledger[owner].slots.get(place, 0) + moved
            result.changed.update((key, owner))


def _identified(slot: Slot, key: SeriesKey) -> Slot:
    """The slot; of a thing without partition and key with its labels for a key."""
    return slot if slot.partition or slot.key else slot._replace(key=key_of_labels(key[1]))


def _absent(ledger: Ledger, values: Values, coverage: Iterable[Coverage]) -> Values:
    """The slots that an answer speaks for and does not hold: their value is zero."""
    covers: dict[tuple[str, str | None], list[Coverage]] = {}
    for each in coverage:
        for metric in each.metrics:
            covers.setdefault((metric.name, each.partition), []).append(each)
    absent: Values = {}
    for key, series in ledger.items():
        read = values.get(key, {})
        whole = covers.get((key[0], None), [])
        for slot in series.slots:
            if slot in read:
                continue
            if any(slot in each for each in (*whole, *covers.get((key[0], slot.partition), ()))):
                absent.setdefault(key, {})[slot] = 0
    return absent
