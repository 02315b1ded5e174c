"""Labels, helps and values of any kind on a board, read back by Prometheus's own parsers."""

import re
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from exporter.exposition.compress import Encoding
from exporter.exposition.exposition import Exposition
from exporter.exposition.render import Format
from exporter.model import Metric, MetricType, Number, Point
from tests.fuzz import damage
from tests.fuzz.campaign import Attempt, BrokenPromiseError

_SURROGATES = re.compile("[\ud800-\udfff]")
_NAMES = {MetricType.COUNTER: "things_usd_total", MetricType.GAUGE: "things_ratio"}
_LABELS = ("first", "second")

_PARSERS: dict[Format, Callable[[str], Iterable[Any]]] = {
    Format.PLAIN: plain,
    Format.OPENMETRICS: openmetrics,
}


@asynccontextmanager
async def labels(_: Path) -> AsyncIterator[Attempt]:
    """What was put on the board is what either format says."""

    async def attempt(random: Random) -> str:
        await shown_as_put(
            random.choice((MetricType.COUNTER, MetricType.GAUGE)),
            damage.text(random),
            [
                (damage.text(random), damage.text(random), _value(random))
                for _ in range(random.randrange(1, 5))
            ],
        )
        return "equal"

    yield attempt


async def shown_as_put(
    kind: MetricType, help_text: str, rows: Iterable[tuple[str, str, Number | float]]
) -> None:
    """Put rows of two labels and a value on a board and read them back; raises BrokenPromiseError."""
    metric = Metric(_NAMES[kind], kind, help_text, _LABELS)
    # No two series with the same labels: the account tells them apart.
    points = [
        Point((str(number), first, second), value)
        for number, (first, second, value) in enumerate(rows)
    ]
    board = Exposition([metric])
    await board.put(("here",), {metric: points})
    await board.flush()
    wanted = [
        ((point.labels[0], *map(_as_utf8, point.labels[1:])), float(str(point.value)))
        for point in points
    ]
    for form, parse in _PARSERS.items():
        text = board.page.body(form, Encoding.IDENTITY).decode()
        [family] = parse(text)
        read = [
            (tuple(sample.labels[name] for name in ("account", *_LABELS)), float(sample.value))
            for sample in family.samples
        ]
        for put, got in zip_longest(wanted, read):
            if put != got:
                raise BrokenPromiseError(f"{form}: {put} is read as {got}")
        # The parsers strip a help text, and split it from its name at any white space.
        if family.documentation.split() != _as_utf8(help_text).split():
            raise BrokenPromiseError(f"{form}: {help_text!r} is read as {family.documentation!r}")


def _as_utf8(text: str) -> str:
    return _SURROGATES.sub("\ufffd", text)


def _value(random: Random) -> Number | float:
    whole = random.randrange(10 ** random.randrange(1, 40))
    return random.choice((0, whole, Decimal(whole).scaleb(-random.randrange(60)), random.random()))
