"""Which targets and streams the status page shows: searched, sorted, in pages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf
from urllib.parse import urlencode

from exporter.telemetry.status import StreamStatus, TargetStatus
from exporter.web.severity import STANDINGS, Severity, phrase, severity, standing

PAGE_SIZE = 200
"""Targets on one page."""
LONGEST_SEARCH = 200
"""How many characters of a search are used."""


class Sort(StrEnum):
    """The order of targets, and of the streams in each."""

    PROBLEMS = "problems"
    NAME = "name"
    AGE = "age"


@dataclass(frozen=True, slots=True)
class View:
    """What a reader asks for; it stands in the query of the page's address."""

    search: str = ""
    sort: Sort = Sort.PROBLEMS
    page: int = 1
    state: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "View":
        """Read `q`, `sort`, `page` and `state`; what makes no sense is taken for the default."""
        sort, state = query.get("sort", ""), query.get("state", "")
        return cls(
            " ".join(query.get("q", "")[:LONGEST_SEARCH].split()),
            Sort(sort) if sort in Sort.__members__.values() else Sort.PROBLEMS,
            _number(query.get("page", "")),
            state if state in STANDINGS else "",
        )

    @property
    def address(self) -> str:
        """The address of this view, relative to the page."""
        given = {
            "q": self.search,
            "state": self.state,
            "sort": self.sort.value,
            "page": self.page,
        }
        plain = {"q": "", "state": "", "sort": Sort.PROBLEMS.value, "page": 1}
        return f"?{urlencode({key: given[key] for key in given if given[key] != plain[key]})}"

    def sorted_by(self, sort: Sort) -> "View":
        return replace(self, sort=sort, page=1)

    def of_state(self, state: str) -> "View":
        """Only streams of this state; of every one where it is empty."""
        return replace(self, state=state, page=1)

    def at(self, page: int) -> "View":
        return replace(self, page=page)


@dataclass(frozen=True, slots=True)
class Shown:
    """A target with those of its streams that are shown, in their order."""

    target: TargetStatus
    streams: list[StreamStatus]

    @property
    def severity(self) -> Severity:
        return min((severity(stream.state) for stream in self.streams), default=Severity.OK)

    @property
    def problems(self) -> int:
        """How many of its streams have a problem."""
        return sum(severity(stream.state).problem for stream in self.streams)

    @property
    def oldest(self) -> float:
        """When the stream that has waited longest last succeeded."""
        return min(map(_last_success, self.streams), default=inf)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of what was found. `first` and `last` count its targets from 1."""

    shown: Sequence[Shown]
    targets: int
    streams: int
    page: int
    pages: int

    @property
    def first(self) -> int:
        return (self.page - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.shown) - 1


def choose(targets: Sequence[TargetStatus], view: View) -> Listing:
    """Search, sort and cut; a page behind the last one is the last one."""
    found = _in_state(_search(targets, view.search.lower().split()), view.state)
    if view.sort is Sort.NAME:
        found.sort(key=lambda shown: (shown.target.vendor, shown.target.account.lower()))
    elif view.sort is Sort.AGE:
        found.sort(key=lambda shown: shown.oldest)
    else:
        found.sort(key=lambda shown: (shown.severity, -shown.problems))
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(view.page, pages)
    return Listing(
        [_ordered(shown, view.sort) for shown in found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]],
        targets=len(found),
        streams=sum(len(shown.streams) for shown in found),
        page=page,
        pages=pages,
    )


def _search(targets: Sequence[TargetStatus], words: Sequence[str]) -> list[Shown]:
    """The streams that have every word somewhere in vendor, account, name or state."""
    if not words:
        return [Shown(target, list(target.streams.values())) for target in targets]
    found = []
    for target in targets:
        of_target = f"{target.vendor}/{target.account}".lower()
        streams = [
            stream
            for stream in target.streams.values()
            if _has(f"{of_target}/{stream.key.stream} {_state(stream)}", words)
        ]
        if streams or (not target.streams and _has(of_target, words)):
            found.append(Shown(target, streams))
    return found


def _in_state(found: list[Shown], state: str) -> list[Shown]:
    if not state:
        return found
    left = (
        replace(shown, streams=[stream for stream in shown.streams if standing(stream) == state])
        for shown in found
    )
    return [shown for shown in left if shown.streams]


def _has(text: str, words: Sequence[str]) -> bool:
    return all(each in text for each in words)


def _state(stream: StreamStatus) -> str:
    """The state as the page writes it and as the metrics and the log do."""
    return f"{phrase(standing(stream))} {standing(stream)}"


def _ordered(shown: Shown, sort: Sort) -> Shown:
    if sort is Sort.NAME:
        return replace(shown, streams=sorted(shown.streams, key=lambda s: s.key.stream))
    if sort is Sort.AGE:
        return replace(shown, streams=sorted(shown.streams, key=_last_success))
    return replace(shown, streams=sorted(shown.streams, key=lambda s: severity(s.state)))


def _last_success(stream: StreamStatus) -> float:
    return -inf if stream.last_success is None else stream.last_success


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else 1
