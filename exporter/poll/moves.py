"""What moved within a family: what one series lost and another gained of the same bucket."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator
from itertools import chain
from typing import TypeAlias

from exporter.model import Number

Labels: TypeAlias = tuple[str, ...]
Amounts: TypeAlias = dict[Labels, Number]
"""By how much each series of one metric changed in one bucket."""

_Likeness: TypeAlias = Callable[[Labels, Number], Hashable]
"""What a loss and a gain have in common that may be one move."""


def cancel(losses: Amounts, gains: Amounts) -> None:
    """Take off both, in place, what moved from one series to another: in the end one of them is empty.

    Which loss became which gain nobody tells. A thing that moves mostly keeps its value and changes
    one label, so those that are alike in both ways meet first, then those that are in one, then any.
    """
    for likeness in _likenesses(max(map(len, chain(losses, gains)), default=0)):
        if not losses or not gains:
            return
        _cancel_alike(losses, gains, likeness)


def _likenesses(labels: int) -> Iterator[_Likeness]:
    def all_but(place: int) -> _Likeness:
        return lambda labels, _: (place, *labels[:place], *labels[place + 1 :])

    def with_amount(likeness: _Likeness) -> _Likeness:
        return lambda labels, amount: (amount, likeness(labels, amount))

    yield lambda labels, _: labels
    one_differs = [all_but(place) for place in range(labels)]
    yield from map(with_amount, one_differs)
    yield from one_differs
    yield lambda _, __: None


def _cancel_alike(losses: Amounts, gains: Amounts, likeness: _Likeness) -> None:
    """Let losses meet gains that are alike, the largest first."""
    waiting: defaultdict[Hashable, list[Labels]] = defaultdict(list)
    for labels in sorted(gains, key=lambda labels: (gains[labels], labels)):
        waiting[likeness(labels, gains[labels])].append(labels)
    for labels in sorted(losses, key=lambda labels: (-losses[labels], labels)):
        alike = waiting[likeness(labels, losses[labels])]
        while alike and labels in losses:
            amount = min(losses[labels], gains[alike[-1]])
            _take(losses, labels, amount)
            _take(gains, alike[-1], amount)
            if alike[-1] not in gains:
                alike.pop()


def _take(amounts: Amounts, labels: Labels, amount: Number) -> None:
    amounts[labels] -= amount
    if not amounts[labels]:
        del amounts[labels]
