"""The status page: what every target and stream is doing, for people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from exporter.telemetry.request_budget import Used
from exporter.telemetry.status import StreamStatus, TargetStatus
from exporter.web import chart
from exporter.web.cells import COLUMNS, Cell, cells
from exporter.web.humanize import count, moment, spoken
from exporter.web.listing import LONGEST_SEARCH, Listing, Shown, Sort, View, choose
from exporter.web.problems import DOCUMENTS, Problem, problems
from exporter.web.severity import (
    STANDINGS,
    Badge,
    Severity,
    badge,
    phrase,
    severity,
    standing,
    urgency,
)

_MOST_BUDGETS = 3
"""How many endpoint groups of a target show their requests; the busiest do."""
_NEARLY = 0.9

_SORTS = {
    Sort.PROBLEMS: "problems first",
    Sort.NAME: "by name",
    Sort.AGE: "oldest success first",
}


@dataclass(frozen=True, slots=True)
class _Bar:
    """A share as a bar, with the same in words for those who do not see it."""

    words: str
    percent: int | None
    name: str = ""
    colour: str = "ok"


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    badge: Badge
    cells: tuple[Cell, ...]
    walk: _Bar | None


@dataclass(frozen=True, slots=True)
class _Section:
    vendor: str
    account: str
    badge: Badge
    place: str
    problems: tuple[Problem, ...]
    budgets: tuple[_Bar, ...]
    more_budgets: str
    requests: str
    codes: str
    waited: str
    rows: tuple[_Row, ...]


@dataclass(frozen=True, slots=True)
class _Link:
    words: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class _Count:
    """How many streams are in a state; its address shows only these, or all again."""

    badge: Badge
    address: str
    chosen: bool


_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render(
    targets: Sequence[TargetStatus],
    now: float,
    view: View = View(),  # noqa: B008  # it is frozen
    *,
    telemetry_path: str,
    version: str,
    started: float | None = None,
    configuration: str = "",
) -> str:
    """A page as HTML: what the view asks for, and a summary of everything.

    `started` is when the exporter was, `configuration` the file that it reads, where there is one.
    """
    listing = choose(targets, view)
    streams = [stream for target in targets for stream in target.streams.values()]
    failing = sum(severity(stream.state).problem for stream in streams)
    return _environment.get_template("status.html").render(
        chart=chart,
        columns=COLUMNS,
        configuration=configuration,
        counts=_counts(streams, view),
        documents=DOCUMENTS,
        found=_found(listing, view),
        links=_links(listing, view),
        longest_search=LONGEST_SEARCH,
        now=moment(now),
        problems=count(failing, "problem") if failing else "",
        sections=[_section(shown, now) for shown in listing.shown],
        sorts=[
            _Link(words, "" if sort is view.sort else view.sorted_by(sort).address)
            for sort, words in _SORTS.items()
        ],
        summary=f"{count(len(targets), 'target')}, {count(len(streams), 'stream')}",
        telemetry_path=telemetry_path,
        uptime="" if started is None else spoken(now - started),
        version=version,
        view=view,
        view_of_all=replace(view, search="", state="", page=1).address,
    )


def _counts(streams: Sequence[StreamStatus], view: View) -> list[_Count]:
    """The states that there are, the most urgent first."""
    found = Counter(map(standing, streams))
    return [
        _Count(
            Badge(f"{found[name]:,} {phrase(name, found[name])}", urgency(name)),
            view.of_state("" if name == view.state else name).address,
            chosen=name == view.state,
        )
        for name in sorted(STANDINGS, key=urgency)
        if found[name]
    ]


def _found(listing: Listing, view: View) -> str:
    """What a search and a chosen state have found."""
    if not (view.search or view.state):
        return ""
    one = listing.streams == 1
    conditions = []
    if view.search:
        conditions.append(f"{'matches' if one else 'match'} “{view.search}”")
    if view.state:
        told = phrase(view.state, listing.streams)
        conditions.append(f"{'is' if one else 'are'} {told}")
    found = f"{count(listing.streams, 'stream')} of {count(listing.targets, 'target')}"
    if not listing.targets:
        found = "No streams"
    return f"{found} {' and '.join(conditions)}."


def _links(listing: Listing, view: View) -> dict[str, str]:
    """Which of several pages this is, and links to the ones before and after."""
    if listing.pages == 1:
        return {}
    page = listing.page
    return {
        "here": f"Targets {listing.first:,} to {listing.last:,} of {listing.targets:,}",
        "previous": view.at(page - 1).address if page > 1 else "",
        "next": view.at(page + 1).address if page < listing.pages else "",
    }


def _section(shown: Shown, now: float) -> _Section:
    target = shown.target
    used = target.budget.used() if target.budget else []
    if len(used) == 1:
        used = [used[0]._replace(group="")]
    used = [each for each in used if each.requests]
    more = len(used) - _MOST_BUDGETS
    total = target.requests.total()
    return _Section(
        vendor=target.vendor,
        account=target.account,
        badge=_answering(target),
        place=target.place if shown.problems else "",
        problems=problems(shown.streams),
        budgets=tuple(_budget(each) for each in used[:_MOST_BUDGETS]),
        more_budgets=f"and {count(more, 'group')} used less" if more > 0 else "",
        requests=f"{total:,}" if total else "none yet",
        codes=_codes(target.requests),
        waited=_waited(target.wait_seconds),
        rows=tuple(_row(stream, now) for stream in shown.streams),
    )


def _budget(used: Used) -> _Bar:
    if used.allowed is None:
        return _Bar(f"{used.requests:,}, no limit", None, used.group)
    allowed = f"{used.allowed:,.0f}" if used.allowed >= 10 else f"{used.allowed:.2g}"
    words = f"{used.requests:,} of {allowed} an hour"
    share = used.requests / used.allowed
    if share < _NEARLY:
        return _Bar(words, _percent(share), used.group)
    end = "used up" if share >= 1 else "nearly used up"
    return _Bar(f"{words}, {end}", _percent(share), used.group, "passing")


def _percent(share: float) -> int:
    return min(100, int(share * 100))


def _answering(target: TargetStatus) -> Badge:
    if not target.streams:
        return Badge("no streams enabled", Severity.EMPTY)
    failing = [each for each in target.streams.values() if severity(each.state).problem]
    if target.up and failing:
        verb = "fails" if len(failing) == 1 else "fail"
        told = f"{len(failing):,} of {count(len(target.streams), 'stream')} {verb}"
        return Badge(told, min(severity(stream.state) for stream in failing))
    if target.up:
        return Badge("answers", Severity.OK)
    if all(stream.state is None for stream in target.streams.values()):
        return Badge("not polled yet", Severity.WAITING)
    return Badge("gives no valid answer", Severity.BROKEN)


def _codes(requests: Counter[tuple[str, str]]) -> str:
    """Requests by code class, as in `2xx: 12; 4xx: 3; no answer: 1`."""
    classes: Counter[str] = Counter()
    # A copy: requests end while the page is rendered in a thread.
    for (_, code), times in requests.copy().items():
        classes[f"{code[0]}xx" if code.isdigit() else "no answer"] += times
    return "; ".join(f"{name}: {classes[name]:,}" for name in sorted(classes))


def _waited(seconds: float) -> str:
    return "less than a second" if 0 < seconds < 1 else spoken(seconds)


def _row(stream: StreamStatus, now: float) -> _Row:
    return _Row(
        name=stream.key.stream,
        badge=badge(stream),
        cells=cells(stream, now),
        walk=_walk(stream),
    )


def _walk(stream: StreamStatus) -> _Bar | None:
    if stream.walk is None:
        return None
    done, total = stream.walk
    if not total:
        return _Bar("walk: no parts to read", None)
    percent = _percent(done / total) if done < total else None
    return _Bar(f"walk: {done:,} of {count(total, 'part')} read", percent)
