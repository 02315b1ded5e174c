"""The status page: what every target and stream is doing, for people."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from exporter.client.errors import State
from exporter.config.durations import format_duration
from exporter.telemetry.status import StreamStatus, TargetStatus, Used
from exporter.web import chart
from exporter.web.chart import Chart
from exporter.web.humanize import ago, ahead, count, moment, spoken
from exporter.web.listing import LONGEST_SEARCH, Listing, Shown, Sort, View, choose
from exporter.web.severity import (
    FIRST_POLL,
    WAITING,
    Badge,
    Severity,
    badge,
    phrase,
    severity,
    standing,
)

_MOST_BUDGETS = 3
"""How many endpoint groups of a target show their requests; the busiest do."""
_NEARLY = 0.9

_COLUMNS = (
    "State",
    "Last success",
    "Data until",
    "Next poll",
    "Interval",
    "Records of the last poll",
    "Records per poll",
    "Series",
)
_SORTS = {
    Sort.PROBLEMS: "problems first",
    Sort.NAME: "by name",
    Sort.AGE: "oldest success first",
}


@dataclass(frozen=True, slots=True)
class _Cell:
    """A text with the exact UTC time that it stands for; `absent` says why there is no text."""

    words: str = ""
    moment: str = ""
    absent: str = ""
    chart: Chart | None = None


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
    cells: tuple[_Cell, ...]
    walk: _Bar | None
    problem: str
    failures: str


@dataclass(frozen=True, slots=True)
class _Section:
    vendor: str
    account: str
    badge: Badge
    place: str
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
) -> str:
    """A page as HTML: what the view asks for, and a summary of everything."""
    listing = choose(targets, view)
    streams = [stream for target in targets for stream in target.streams.values()]
    problems = sum(severity(stream.state).problem for stream in streams)
    return _environment.get_template("status.html").render(
        chart=chart,
        columns=_COLUMNS,
        found=_found(listing, view),
        links=_links(listing, view),
        longest_search=LONGEST_SEARCH,
        now=moment(now),
        problems=count(problems, "problem") if problems else "",
        sections=[_section(shown, now) for shown in listing.shown],
        sorts=[
            _Link(words, "" if sort is view.sort else view.sorted_by(sort).address)
            for sort, words in _SORTS.items()
        ],
        summary=_summary(len(targets), streams),
        telemetry_path=telemetry_path,
        version=version,
        view=view,
        view_of_all=replace(view, search="", page=1).address,
    )


def _summary(targets: int, streams: Sequence[StreamStatus]) -> str:
    head = f"{count(targets, 'target')}, {count(len(streams), 'stream')}"
    found = Counter(map(standing, streams))
    standings = (*State, FIRST_POLL, WAITING)
    parts = [f"{found[each]:,} {phrase(each, found[each])}" for each in standings if found[each]]
    return f"{head}: {', '.join(parts)}" if parts else head


def _found(listing: Listing, view: View) -> str:
    if not view.search:
        return ""
    if not listing.targets:
        return f"Nothing matches “{view.search}”."
    matched = f"{count(listing.streams, 'stream')} of {count(listing.targets, 'target')}"
    return f"{matched} {'matches' if listing.streams == 1 else 'match'} “{view.search}”."


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
    more = len(used) - _MOST_BUDGETS
    total = target.requests.total()
    return _Section(
        vendor=target.vendor,
        account=target.account,
        badge=_answering(target),
        place=target.place if shown.problems else "",
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
    problem = failures = ""
    if severity(stream.state).problem:
        problem = stream.reason or "No reason is known; the log may say more."
        if stream.failures_in_row > 1:
            failures = f"{stream.failures_in_row:,} failed polls in a row"
    return _Row(
        name=stream.key.stream,
        badge=badge(stream),
        cells=(
            _last_success(stream, now),
            _data_until(stream, now),
            _next_poll(stream, now),
            _Cell(format_duration(stream.interval)),
            _records(stream),
            _chart(stream),
            _series(stream),
        ),
        walk=_walk(stream),
        problem=problem,
        failures=failures,
    )


def _last_success(stream: StreamStatus, now: float) -> _Cell:
    if stream.last_success is None:
        return _Cell(absent="no poll has succeeded yet")
    return _Cell(ago(now - stream.last_success), moment(stream.last_success))


def _data_until(stream: StreamStatus, now: float) -> _Cell:
    if stream.data_until is None:
        return _Cell(absent="no data has been read yet")
    # The newest bucket may be one that has not ended, such as today's.
    words = ago(now - stream.data_until) if stream.data_until < now else "up to now"
    return _Cell(words, moment(stream.data_until))


def _next_poll(stream: StreamStatus, now: float) -> _Cell:
    if stream.polling_since is not None:
        running = now - stream.polling_since
        words = f"polling for {spoken(running)}" if running >= 1 else "polling"
        return _Cell(words, moment(stream.polling_since))
    if stream.next_poll is None:
        return _Cell(absent="no poll is planned")
    return _Cell(ahead(stream.next_poll - now), moment(stream.next_poll))


def _records(stream: StreamStatus) -> _Cell:
    """Records are known for polls of this process only; failed polls leave the last good number."""
    running = stream.polling_since is not None
    if stream.polls - stream.failures.total() - running <= 0:
        return _Cell(absent="no poll has succeeded since the start")
    rejected = stream.last_rejected
    fields = f", {rejected.total():,} left out: {', '.join(sorted(rejected))}" if rejected else ""
    if stream.uncounted:
        fields += f"; not counted: {', '.join(sorted(stream.uncounted))}"
    return _Cell(f"{stream.last_records:,}{fields}")


def _chart(stream: StreamStatus) -> _Cell:
    polls = stream.history.polls()
    if not polls:
        return _Cell(absent="no poll has ended since the start")
    return _Cell(chart=chart.draw(polls))


def _walk(stream: StreamStatus) -> _Bar | None:
    if stream.walk is None:
        return None
    done, total = stream.walk
    if not total:
        return _Bar("walk: no parts to read", None)
    return _Bar(f"walk: {done:,} of {count(total, 'part')} read", _percent(done / total))


def _series(stream: StreamStatus) -> _Cell:
    if stream.last_success is None:
        return _Cell(absent="nothing has been counted yet")
    folded = f", {stream.last_folded:,} more in other" if stream.last_folded else ""
    return _Cell(f"{stream.series:,}{folded}")
