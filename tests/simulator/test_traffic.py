"""The sums of the world's traffic, which are kept by day, beside its buckets."""

from collections import Counter
from random import Random

from exporter.model import DAY, HOUR
from exporter.simulator.world.traffic import BUCKET, Lag, Sender, Traffic

FIRST = 20_000 * DAY
NOW = FIRST + 6 * DAY + 9 * HOUR
WINDOWS = (
    (FIRST, NOW + 1),
    (FIRST - 3 * DAY, NOW + 9 * DAY),
    (FIRST + DAY, FIRST + 2 * DAY),
    (FIRST + 7_777, FIRST + 3 * DAY - 7_777),
    (NOW - 2 * HOUR, NOW),
    (NOW, NOW - DAY),
)


def test_sums_are_those_of_the_buckets_through_edits_and_quiet() -> None:
    """In every window, at every moment: also of days that were summed before they were edited."""
    traffic, chance = Traffic(1, 12, FIRST, Lag()), Random(1)
    for step in range(12):
        for start, end in WINDOWS:
            for as_of in (NOW, NOW - 5 * HOUR, NOW - 3 * DAY):
                found = traffic.sums(start, end, as_of)
                assert (+found.total, +found.limited) == _added(traffic, start, end, as_of)
        edited = NOW - chance.randrange(7 * DAY)
        _edit(traffic, chance, edited)
        traffic.inject(FIRST - DAY, next(iter(traffic.visible(FIRST, NOW, NOW)))[1][0], NOW)
        traffic.quiet((None, FIRST + 4 * DAY + HOUR)[step % 2])


def _edit(traffic: Traffic, chance: Random, moment: int) -> None:
    """Half of them are told later than some of the moments that are asked of."""
    bucket = moment // BUCKET * BUCKET
    for _, units in traffic.visible(bucket, bucket + BUCKET, NOW):
        for unit in units[:2]:
            edited = unit._replace(total=chance.randrange(500), limited=chance.randrange(2) * 7)
            traffic.revise(bucket, edited, NOW - chance.randrange(4 * DAY))
            traffic.inject(bucket, edited, NOW - chance.randrange(4 * DAY))


def _added(
    traffic: Traffic, start: float, end: float, as_of: float
) -> tuple[Counter[Sender], Counter[Sender]]:
    total: Counter[Sender] = Counter()
    limited: Counter[Sender] = Counter()
    for _, units in traffic.visible(start, end, as_of):
        for unit in units:
            sender = unit.sender
            total[sender] += unit.total
            if unit.limited:
                limited[sender] += unit.limited
    return +total, +limited
