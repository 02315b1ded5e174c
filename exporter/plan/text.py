"""The plan in words and as JSON."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from math import floor
from typing import Any

from exporter.duration import format_duration
from exporter.model import DAY, HOUR, MINUTE
from exporter.plan.plan import Plan, Requests, StreamPlan
from exporter.plan.series import Series
from exporter.plan.sharing import Sharing

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


def render(plan: Plan) -> str:
    """The plan as a table, with a warning for each thing that does not fit."""
    table = [_HEAD, *(cells for stream in plan.streams for cells in _rows(stream))]
    widths = [max(len(row[column]) for row in table) for column in range(len(_HEAD))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    return "\n".join([*lines, *(f"warning: {warning}" for warning in warnings(plan))])


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
            "series": asdict(stream.series),
        }
        for stream in plan.streams
    ]
    return json.dumps({"streams": streams, "warnings": list(warnings(plan))}, indent=2)


def warnings(plan: Plan) -> Iterator[str]:
    """What does not fit, each with a remedy."""
    yield from _too_many_requests(plan.streams)
    yield from map(_sharing, plan.sharing)
    for stream in plan.streams:
        if stream.hidden is not None:
            yield f"{stream.key}: {stream.hidden}; until then each of its polls fails"
        if stream.series.known > stream.series.limit:
            yield (
                f"{stream.key}: about {stream.series.known} series are expected and "
                f"{stream.series.limit} are allowed: the smallest will be added to other; raise its "
                "max_series, or leave labels out with drop_labels"
            )


def _rows(stream: StreamPlan) -> Iterator[tuple[str, ...]]:
    lookback = "-" if stream.lookback is None else _days(stream.lookback)
    for number, each in enumerate(stream.requests):
        yield (
            f"{stream.key.vendor}/{stream.key.account}",
            stream.key.stream,
            format_duration(stream.interval),
            lookback,
            each.group,
            _about(each.hourly),
            _about(each.by_default),
            f"{each.limit:.0f}",
            f"{each.share:.0%}",
            "" if number else _series(stream.series),
        )


def _days(seconds: int) -> str:
    """A lookback is thought of in days: 40d, not 5w5d."""
    return format_duration(seconds) if seconds % DAY else f"{seconds // DAY}d"


def _about(requests: float) -> str:
    return "under 1" if requests < 1 else f"about {requests:.0f}"


def _series(series: Series) -> str:
    if series.open or series.known > series.limit:
        return f"up to {series.limit}"
    return f"about {series.known}"


def _too_many_requests(streams: Sequence[StreamPlan]) -> Iterator[str]:
    groups: defaultdict[tuple[str, str, str], list[Requests]] = defaultdict(list)
    for stream in streams:
        for each in stream.requests:
            groups[stream.key.vendor, stream.key.account, each.group].append(each)
            if each.own_limit is not None and each.hourly > each.own_limit:
                yield _slow(f"{stream.key}: {each.group}", each.hourly, each.own_limit)
    for (vendor, account, group), some in groups.items():
        needed = sum(each.hourly for each in some)
        if needed > some[0].limit:
            yield _slow(f"{vendor}/{account}: {group}", needed, some[0].limit)


def _slow(what: str, needed: float, allowed: float) -> str:
    return (
        f"{what} may need {needed:.0f} requests an hour and may send {allowed:.0f}: polls will take "
        "longer than their interval; lengthen it"
    )


def _sharing(sharing: Sharing) -> str:
    targets = " and ".join(f"{sharing.vendor}/{account}" for account in sharing.accounts)
    groups = ", ".join(
        f"{each.group} about {each.needed:.0f} of {each.allowed:.0f} requests an hour"
        for each in sharing.groups
    )
    too_much = any(each.needed > each.allowed for each in sharing.groups)
    each_hour = min(each.allowed for each in sharing.groups) / len(sharing.accounts)
    fair = floor(each_hour * MINUTE / HOUR * 100) / 100
    return (
        f"{targets} share the limits of {sharing.by}, and each is paced as if it were alone; together "
        f"they need of {groups}{', which is too much' if too_much else ''}: "
        f"{'lengthen intervals and ' if too_much else ''}give each a credential of its own, or set "
        f"requests_per_minute: {fair:g} in each"
    )
