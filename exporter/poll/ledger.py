"""What has been counted: per series and slot the last value read, per series a counter that never falls."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from exporter.model import Coverage, Number, Series, SeriesKey, Slot, Window
from exporter.poll.baseline import Fresh
from exporter.poll.identity import key_of_labels
from exporter.poll.moves import Amounts, Labels, cancel

Ledger: TypeAlias = dict[SeriesKey, Series]
Values: TypeAlias = dict[SeriesKey, dict[Slot, Number]]
"""What a poll read: the value of each slot of each series."""
_NOTHING: Mapping[Slot, Number] = {}


Place: TypeAlias = tuple[str, int]
"""A metric and a bucket."""
Losses: TypeAlias = dict[Place, Amounts]
"""By how much series fell in each bucket, where growth of no other series has paid for it."""
ERASED: Labels = ("\x1ferased",)
"""Stands for the labels of series that were erased, because they named people; no series has it."""


@dataclass(slots=True)
class Counted:
    """What a poll changed in the ledger."""

    changed: set[SeriesKey] = field(default_factory=set)
    born: set[SeriesKey] = field(default_factory=set)
    corrections: int = 0


class Change(NamedTuple):
    """The newest value of a slot, and by how much it rose or fell."""

    key: SeriesKey
    slot: Slot
    value: Number
    amount: Number

    @property
    def place(self) -> Place:
        return self.key[0], self.slot.bucket


def count(
    ledger: Ledger,
    values: Values,
    coverage: Iterable[Coverage],
    *,
    oldest_kept: int,
    besides: Sequence[Window] = (),
    baseline: Fresh,
    now: float,
    unpaid: Losses | None = None,
) -> Counted:
    """Count what a poll read into the ledger, in place.

    Buckets before `oldest_kept` and not in `besides` are ignored: the ledger has forgotten what it counted
    of them. What is in `baseline` is taken without counting. `unpaid` is what earlier parts of the same
    read took back, and what series had that were erased: what moved from there is not counted again.
    """
    result = Counted()
    _follow_renames(ledger, values, result, now)
    for key in values.keys() - ledger.keys():
        ledger[key] = Series(created=now)
        result.born.add(key)
        result.changed.add(key)
    absent = _absent(ledger, values, coverage)
    falls, rises = _changes(ledger, (absent, values), oldest_kept, besides)
    for change in (*falls, *rises):
        ledger[change.key].set(change.slot, change.value)
        result.changed.add(change.key)
    counted = [fall for fall in falls if not baseline.holds(fall.key[0], fall.slot)]
    result.corrections = len(counted)
    found = _settle(ledger, counted, rises, {} if unpaid is None else unpaid, result)
    family = _Families(ledger, values) if rises else None
    any_fresh = any(baseline)
    for change in rises:
        place = change.key, change.slot.bucket
        known = min(found.get(place, 0), change.amount)
        if known:
            found[place] -= known
        if family and not (any_fresh and baseline.holds(change.key[0], change.slot)):
            family.grow(change.key, change.amount - known, result)
    return result


def forget(ledger: Ledger, oldest_kept: int, besides: Sequence[Window] = ()) -> None:
    """Drop the slots of older buckets that are not in `besides`; the counters stay."""
    for series in ledger.values():
        for slot in [s for s in series.slots if not is_kept(s.bucket, oldest_kept, besides)]:
            del series.slots[slot]


def is_kept(bucket: int, oldest_kept: int, besides: Sequence[Window]) -> bool:
    """Whether it is known what was counted of a bucket."""
    return bucket >= oldest_kept or any(bucket in each for each in besides)


def _changes(
    ledger: Ledger, answers: Iterable[Values], oldest_kept: int, besides: Sequence[Window]
) -> tuple[list[Change], list[Change]]:
    """What fell and what rose."""
    falls: list[Change] = []
    rises: list[Change] = []
    for answer in answers:
        for key, slots in answer.items():
            known = ledger[key].slots
            for slot, value in slots.items():
                amount = value - known.get(slot, 0)
                if amount and is_kept(slot.bucket, oldest_kept, besides):
                    (rises if amount > 0 else falls).append(Change(key, slot, value, amount))
    return falls, rises


def _settle(
    ledger: Ledger,
    falls: Sequence[Change],
    rises: Sequence[Change],
    unpaid: Losses,
    result: Counted,
) -> dict[tuple[SeriesKey, int], Number]:
    """Note what fell as moved where it rose elsewhere, else as a debt.

    Returns by series and bucket how much of what rose was counted before.
    """
    fallen = _by_place(falls, {change.place for change in falls})
    gains = _by_place(rises, fallen.keys() | unpaid.keys())
    found: dict[tuple[SeriesKey, int], Number] = {}
    for place in fallen.keys() | (unpaid.keys() & gains.keys()):
        metric, bucket = place
        gained, before = gains.get(place, {}), unpaid.get(place, {})
        erased, of_others = _without_erased(gained, before)
        owed = _owed(ledger, metric, before)
        lost = _lost(fallen.get(place, {}), owed)
        rest, left = dict(lost), dict(of_others)
        cancel(rest, left)
        for labels, amount in lost.items():
            unpaid_rest = rest.get(labels, 0)
            ledger[metric, labels].moved += amount - unpaid_rest
            ledger[metric, labels].debt += unpaid_rest - owed.get(labels, 0)
            result.changed.add((metric, labels))
        for labels, amount in gained.items():
            ledger[metric, labels].moved -= of_others.get(labels, 0) - left.get(labels, 0)
            found[(metric, labels), bucket] = amount - left.get(labels, 0)
        unpaid[place] = rest | erased
    return found


def _without_erased(gained: Amounts, before: Amounts) -> tuple[Amounts, Amounts]:
    """What is left of erased series once gains were taken for theirs, and what is left of the gains."""
    erased, left = {ERASED: before.get(ERASED, 0)}, dict(gained)
    cancel(erased, left)
    return {labels: rest for labels, rest in erased.items() if rest}, left


def _owed(ledger: Ledger, metric: str, before: Amounts) -> Amounts:
    """What series owe still of what they lost before in this read."""
    return {
        labels: min(amount, ledger[metric, labels].debt)
        for labels, amount in before.items()
        if labels != ERASED
    }


def _lost(fallen: Amounts, owed: Amounts) -> Amounts:
    """What series have lost in all: by how much they fell, and what they owe."""
    lost = {labels: -amount for labels, amount in fallen.items()}
    for labels, amount in owed.items():
        lost[labels] = lost.get(labels, 0) + amount
    return lost


def _by_place(changes: Iterable[Change], places: Collection[Place]) -> dict[Place, Amounts]:
    """The changes in these places, added up by series."""
    sums: dict[Place, Amounts] = {}
    if places:
        for change in changes:
            if change.place in places:
                amounts = sums.setdefault(change.place, {})
                labels = change.key[1]
                amounts[labels] = amounts.get(labels, 0) + change.amount
    return sums


class _Families:
    """The series of each metric that owe and that nothing feeds any more, and those that others count."""

    def __init__(self, ledger: Ledger, values: Values) -> None:
        self._ledger = ledger
        self._owing: dict[str, list[SeriesKey]] = {}
        self._short: dict[str, list[SeriesKey]] = {}
        unfed = [key for key, series in ledger.items() if series.debt and not series.slots]
        # In an order that does not depend on the order in which the state was loaded.
        for key in sorted(unfed, reverse=True):
            if key not in values:
                self._owing.setdefault(key[0], []).append(key)
        for key in sorted(
            (key for key, series in ledger.items() if series.moved < 0), reverse=True
        ):
            self._short.setdefault(key[0], []).append(key)

    def grow(self, key: SeriesKey, amount: Number, result: Counted) -> None:
        """Count growth; it pays what the series owes, then what others counted of it, then its family."""
        series = self._ledger[key]
        left = series.pay(amount)
        if left and series.moved > 0:
            left = self._give_back(key, left, result)
        owing = self._owing.get(key[0], [])
        while left and owing:
            other, before = self._ledger[owing[-1]], left
            left = other.pay(left)
            other.moved += before - left
            series.moved -= before - left
            result.changed.add(owing[-1])
            if not other.debt:
                owing.pop()
        series.counter += left

    def _give_back(self, key: SeriesKey, amount: Number, result: Counted) -> Number:
        """Let those grow that this series counted for; returns what is left for itself."""
        series, short = self._ledger[key], self._short.get(key[0], [])
        while amount and series.moved > 0 and short:
            other = self._ledger[short[-1]]
            given = min(amount, series.moved, max(-other.moved, 0))
            series.moved -= given
            other.moved += given
            other.counter += given
            amount -= given
            result.changed.add(short[-1])
            if other.moved >= 0:
                short.pop()
        return amount


def _follow_renames(ledger: Ledger, values: Values, result: Counted, now: float) -> None:
    """Move what was counted of a thing to the series that shows it today.

    It was renamed, moved into or out of `other`, or is shown with other labels. Only what is remembered
    moves: the old series keeps its counter, the other one grows from here.
    """
    unread = [
        (key, slot)
        for key, series in ledger.items()
        for slot in series.slots.keys() - values.get(key, _NOTHING).keys()
    ]
    if not unread:
        return
    wanted: dict[tuple[str, Slot], tuple[SeriesKey, Slot]] = {}
    for key, slots in values.items():
        for slot in slots:
            wanted[key[0], _identified(slot, key)] = key, slot
    for key, slot in unread:
        identified = key[0], _identified(slot, key)
        if identified not in wanted:
            continue
        owner, place = wanted[identified]
        if owner not in ledger:
            ledger[owner] = Series(created=now)
            result.born.add(owner)
        moved = ledger[key].slots.pop(slot)
        ledger[owner].slots[place] = ledger[owner].slots.get(place, 0) + moved
        result.changed.update((key, owner))


def _identified(slot: Slot, key: SeriesKey) -> Slot:
    """The slot; of a thing without partition and key with its labels for a key."""
    if slot.partition or slot.key:
        return slot
    return Slot(slot.bucket, "", key_of_labels(key[1]))


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
