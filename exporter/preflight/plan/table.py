"""The plan in words and as JSON."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import floor
from typing import Any

from rich.console import Console
from rich.text import Text

from exporter import paper
from exporter.config.durations import format_duration, format_in_days
from exporter.model import HOUR, MINUTE
from exporter.preflight.plan.plan import Plan, Requests, StreamPlan
from exporter.preflight.plan.series import Series
from exporter.preflight.plan.sharing import Sharing

_HEAD = (
    "target",
    "stream",
    "interval",
    "lookback",
    "endpoint group",
    "requests/h",
    "by default",
    "limit/h",
    "share",
    "series",
)
_MUCH = 0.5
"""A share of a limit that leaves little for others who use the same credential."""

_WORTH_TELLING = 5
"""Minutes that a first read takes."""


def render(plan: Plan, on: Console) -> str:
    """The plan as a table, with a note for each long first read and a warning for what does not fit."""
    table = paper.table(on, [cells for stream in plan.streams for cells in _rows(stream)], _HEAD)
    told = [paper.cell(f"note: {note}", "") for note in notes(plan)]
    told += [paper.cell(f"warning: {warning}", "yellow") for warning in warnings(plan)]
    return paper.written(on, [table, *told])


def summary(plan: Plan) -> str:
    """How much there is of everything, in words."""
    targets = len({(stream.key.vendor, stream.key.account) for stream in plan.streams})
    counts = {"target": targets, "stream": len(plan.streams), "warning": len(list(warnings(plan)))}
    return ", ".join(
        f"{count} {name}{'' if count == 1 else 's'}"
        for name, count in counts.items()
        if count or name != "warning"
    )


def as_json(plan: Plan) -> str:
    """The same for programs; seconds, requests an hour, series."""
    streams: list[dict[str, Any]] = [
        {
            "vendor": stream.key.vendor,
            "account": stream.key.account,
            "stream": stream.key.stream,
            "interval_seconds": stream.interval,
            "lookback_seconds": stream.lookback,
            "requests": [
                {
                    "endpoint_group": each.group,
                    "per_hour": round(each.hourly, 3),
                    "per_hour_by_default": round(each.by_default, 3),
                    "limit_per_hour": round(each.limit, 3),
                    "share": round(each.share, 6),
                }
                for each in stream.requests
            ],
            "first_read": [
                {
                    "endpoint_group": each.group,
                    "requests": round(each.requests, 3),
                    "minutes": round(each.minutes, 3),
                }
                for each in stream.first_read
            ],
            "series": asdict(stream.series),
        }
        for stream in plan.streams
    ]
    return json.dumps({"streams": streams, "warnings": list(warnings(plan))}, indent=2)


def notes(plan: Plan) -> Iterator[str]:
    """First reads that somebody who waits for them may wonder about."""
    for stream in plan.streams:
        for first in stream.first_read:
            if first.minutes >= _WORTH_TELLING:
                yield (
                    f"{stream.key}: the first read makes about {_figure(first.requests)} requests to "
                    f"{first.group}, which takes about {_figure(first.minutes)} minutes"
                )


def warnings(plan: Plan) -> Iterator[str]:
    """What does not fit, each with a remedy."""
    yield from plan.repeats
    yield from _too_many_requests(plan.streams)
    yield from map(_sharing, plan.sharing)
    for stream in plan.streams:
        if stream.hidden is not None:
            yield f"{stream.key}: {stream.hidden}; until then each of its polls fails"
        if stream.series.fixed > stream.series.limit:
            yield (
                f"{stream.key}: {stream.series.limit} series are allowed, and about "
                f"{stream.series.fixed} remain when all that can be is added to other: raise its "
                "max_series, or leave labels out with drop_labels"
            )
        elif stream.series.known > stream.series.limit:
            yield (
                f"{stream.key}: about {stream.series.known} series are expected and "
                f"{stream.series.limit} are allowed: the smallest will be added to other; raise its "
                "max_series, or leave labels out with drop_labels"
            )


def _rows(stream: StreamPlan) -> Iterator[tuple[Text, ...]]:
    lookback = "-" if stream.lookback is None else format_in_days(stream.lookback)
    for number, each in enumerate(stream.requests):
        texts = (
            f"{stream.key.vendor}/{stream.key.account}",
            stream.key.stream,
            format_duration(stream.interval),
            lookback,
            each.group,
            _about(each.hourly),
            _about(each.by_default),
            _figure(each.limit),
        )
        yield (
            *map(paper.cell, texts),
            paper.cell(f"{each.share:.0%}", _alarm(each.share)),
            paper.cell("" if number else _series(stream.series)),
        )


def _alarm(share: float) -> str:
    """The style of a share of a limit."""
    if share > 1:
        return "bold red"
    return "yellow" if share > _MUCH else "green"


def _about(requests: float) -> str:
    return f"about {_figure(requests)}" if requests else "none"


def _figure(number: float) -> str:
    """A whole number, or two significant digits where it is small."""
    return f"{number:.2g}" if number < 10 else f"{number:.0f}"


def _series(series: Series) -> str:
    if series.open or series.known > series.limit:
        return f"up to {max(series.limit, series.fixed)}"
    return f"about {series.known}" if series.known else "none"


def _too_many_requests(streams: Sequence[StreamPlan]) -> Iterator[str]:
    groups: defaultdict[tuple[str, str, str], list[tuple[Requests, StreamPlan]]]
    groups = defaultdict(list)
    for stream in streams:
        for each in stream.requests:
            groups[stream.key.vendor, stream.key.account, each.group].append((each, stream))
            if each.own_limit is not None and each.hourly > each.own_limit:
                what = f"{stream.key}: {each.group}"
                yield f"{_slow(what, each.hourly, each.own_limit)}; {_less(stream)}"
    for (vendor, account, group), some in groups.items():
        needed = sum(each.hourly for each, _ in some)
        most, stream = max(some, key=lambda one: one[0].hourly)
        if needed > most.limit:
            yield (
                f"{_slow(f'{vendor}/{account}: {group}', needed, most.limit)}; {stream.key.stream} "
                f"needs most, {_figure(most.hourly)}: {_less(stream)}"
            )


def _slow(what: str, needed: float, allowed: float) -> str:
    return (
        f"{what} may need {_figure(needed)} requests an hour and may send {_figure(allowed)}: polls "
        "will take longer than their interval"
    )


def _less(stream: StreamPlan) -> str:
    """How a stream needs fewer requests."""
    shorten = "" if stream.lookback is None else " or shorten its lookback"
    return f"lengthen its interval{shorten}"


def _sharing(sharing: Sharing) -> str:
    targets = " and ".join(f"{sharing.vendor}/{account}" for account in sharing.accounts)
    groups = ", ".join(
        f"{each.group} about {_figure(each.needed)} of {_figure(each.allowed)} requests an hour"
        for each in sharing.groups
    )
    too_much = any(each.needed > each.allowed for each in sharing.groups)
    each_hour = min(each.allowed for each in sharing.groups) / len(sharing.accounts)
    fair = floor(each_hour * MINUTE / HOUR * 100) / 100
    return (
        f"{targets} share the limits of {sharing.by}, and each is paced as if it were alone; together "
        f"they need of {groups}{', which is too much' if too_much else ''}: "
        f"{'lengthen intervals or shorten lookbacks, and ' if too_much else ''}give each a credential "
        f"of its own, or set requests_per_minute: {fair:g} in each"
    )
