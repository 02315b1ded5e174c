"""What one poll of a stream reads from: the vendor's answers as typed records, counted and checked."""

import asyncio
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from exporter import log
from exporter.client.client import Answer, Client, Endpoint, Request
from exporter.client.errors import (
    PartsError,
    PollError,
    RateLimitedError,
    State,
)
from exporter.client.paging import MOST_PAGES, Paging
from exporter.model import DAY, Window
from exporter.streams.csv_rows import CsvRows
from exporter.streams.dates import iso_day
from exporter.streams.downloads import parsed
from exporter.streams.ndjson import JsonLines
from exporter.streams.partitions import Partitions
from exporter.streams.payload import drift
from exporter.streams.rejects import Rejects, readable

T = TypeVar("T")
TargetT = TypeVar("TargetT")
OptionsT = TypeVar("OptionsT")
MemoryT = TypeVar("MemoryT", bound=msgspec.Struct)

_log = log.logger(__name__)

_DECODED_IN_THREAD = 256 * 1024


def _no_records(_: Any) -> int:
    return 0


def _ignored(_: int, __: int) -> None:
    """Nobody wants to know how far the walk has come."""


class Remark(NamedTuple):
    """What is to be said of answers that are sound, and what to do about it."""

    said: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.said}; {self.remedy}"


@dataclass(slots=True)
class Part:
    """An optional part of a read, with its error where it could not be read."""

    error: PollError | None = None


@dataclass(slots=True)
class Source(Generic[TargetT, OptionsT]):
    """One poll's access to the vendor, and what it found out besides samples.

    `window` is the part that counts: whole buckets that may have changed, the last one cut at `now`.
    `memory` is what an earlier batch of the stream had remembered. `after` is the last partition that an
    unfinished walk has read. `people` says whether families of people are shown; where they are not,
    nothing is asked that only they need.

    `records` and `drift` count what was decoded, `uncounted` are unknown fields that hold numbers,
    `rejects` the rows that could not be; `data_until` is the end of the newest whole bucket with data.
    `walks` says that the account is read in partitions. `explain` is what the stream knows of its errors,
    `failed` are the parts that could not be read. `whole` is the poll's window where `window` is a piece of
    it. What is before `lookback_start` is read only because it may be told late. `remarks` are what is to be
    said of a read that is good all the same.
    """

    client: Client
    target: TargetT
    options: OptionsT
    window: Window
    now: float
    people: bool = True
    memory: Mapping[str, Any] = field(default_factory=dict)
    after: str = ""
    tell: Callable[[int, int], None] = _ignored
    records: int = 0
    drift: Counter[str] = field(default_factory=Counter)
    uncounted: set[str] = field(default_factory=set)
    rejects: Rejects = field(default_factory=Rejects)
    data_until: float | None = None
    walks: bool = False
    explain: Callable[[PollError], PollError] = lambda error: error
    whole: Window | None = None
    lookback_start: int = 0
    failed: dict[str, tuple[State, str]] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    _endpoint: str = ""

    async def get(
        self,
        request: Request,
        kind: type[T],
        *,
        known: Any = None,
        records: Callable[[T], int] = _no_records,
    ) -> T:
        """The typed answer to a request; `records` tells how many records it holds.

        `known` is the type that has every known field, where `kind` skips some of them.
        """
        answer = await self.client.get(request)
        return await self.decoded(answer, kind, request, known=known, records=records)

    async def decoded(
        self,
        answer: Answer,
        kind: type[T],
        request: Request,
        *,
        known: Any = None,
        records: Callable[[T], int] = _no_records,
    ) -> T:
        """An answer as a typed value; SchemaError names the place of what is wrong in it."""
        if len(answer.body) > _DECODED_IN_THREAD:
            value, _ = await asyncio.to_thread(self._decoded, answer.body, kind, request, known)
        else:
            value, _ = self._decoded(answer.body, kind, request, known)
        self.records += records(value)
        return value

    def _decoded(
        self, body: bytes, kind: type[T], request: Request, known: Any = None
    ) -> tuple[T, int]:
        """The value of a body, and how many rows its lists lack because they were odd."""
        found = readable(body, kind, request.endpoint.path)
        self.drift.update(drift(body, known or kind))
        self._endpoint = request.endpoint.path
        self.rejects.add(self._endpoint, found.rows, found.odd, found.gone)
        return found.value, found.gone

    def reject(self, field: str) -> None:
        """Leave out a row of the answer that was read last: `field` is what is odd in it."""
        self.rejects.add(self._endpoint, 0, Counter({field: 1}), 1)

    def leave_out(self, field: str) -> None:
        """Count a sound row as rejected for what is in `field`, however many such rows there are."""
        self.rejects.leave_out(field)

    def rows_of(self, endpoint: Endpoint) -> int:
        """How many rows the poll has read from an endpoint, with those that were rejected."""
        return self.rejects.rows[endpoint.path]

    async def pages(
        self,
        request: Request,
        paging: Paging[Any],
        kind: type[T],
        rows: Callable[[T], Sequence[Any]],
        *,
        known: Any = None,
        counted: bool = True,
        max_pages: int = MOST_PAGES,
    ) -> AsyncGenerator[T, None]:
        """The pages of a list; `rows` finds the rows of one. Use it within `aclosing`."""

        def decoded(body: bytes) -> tuple[T, int]:
            page, gone = self._decoded(body, kind, request, known)
            return page, len(rows(page)) + gone

        async with aclosing(self.client.pages(request, paging, decoded, max_pages)) as pages:
            async for page in pages:
                self.records += len(rows(page)) if counted else 0
                yield page

    async def file(self, request: Request, record: type[T]) -> list[T]:
        """All records of a small file of NDJSON, which may have lines of any length."""
        body = (await self.client.get(request)).body
        whole = len(body) + 1
        lines = JsonLines(request.endpoint.path, record, longest_line=whole, longest_document=whole)
        found: list[T] = []
        await asyncio.to_thread(lambda: found.extend((*lines.feed(body), *lines.close())))
        self._end(request, lines)
        return found

    async def lines(
        self,
        request: Request,
        record: type[T],
        add: Callable[[list[T]], None],
        *,
        known: Any = None,
    ) -> int:
        """Hand the records of a file of NDJSON to `add` in batches, off the event loop."""
        return await self._feed(request, JsonLines(request.endpoint.path, record, known), add)

    async def csv(
        self, request: Request, rows: CsvRows, add: Callable[[Iterator[Any]], Any]
    ) -> int:
        """Hand the rows of a CSV file to `add` in batches, off the event loop."""
        return await self._feed(request, rows, add)

    async def _feed(
        self, request: Request, parser: JsonLines[T] | CsvRows, add: Callable[[Any], Any]
    ) -> int:
        """Parse a download slice by slice; returns how many records it had, odd ones included."""
        self._endpoint = request.endpoint.path
        await parsed(self.client, request, parser, add)
        self._end(request, parser)
        return parser.count

    def _end(self, request: Request, parser: JsonLines[Any] | CsvRows) -> None:
        self.records += parser.count - parser.gone
        self.drift.update(parser.unknown)
        self.uncounted |= parser.uncounted
        self._endpoint = request.endpoint.path
        self.rejects.add(self._endpoint, parser.count, parser.odd, parser.gone)

    @asynccontextmanager
    async def optional(self, part: str, advice: str = "") -> AsyncIterator[Part]:
        """A part that may be refused or broken without costing the rest, by its name.

        Its error, unless it is a used-up quota, becomes the poll's problem, with what to do about it.
        What the part has found counts only where it has no error, so yield after it; cover its gauges in
        any case, as they are unknown, and its counters only where it was read.
        """
        found, whole = Part(), self.rejects
        self.rejects = Rejects()
        try:
            yield found
            self.rejects.check(done=True)
            whole.include(self.rejects)
        except RateLimitedError:
            raise
        except PollError as error:
            found.error = error
            self.fail(part, error, advice)
        finally:
            self.rejects = whole

    def fail(self, part: str, error: PollError, advice: str = "") -> None:
        """Tell that a part could not be read; of a part that fails often the first error is told."""
        told = self.explain(error)
        text = f"{part}: {told}{advice and '; '}{advice}"
        self.failed.setdefault(part, (told.state, text))

    def remark(self, said: str, remedy: str) -> None:
        """Tell, on the status page and by the doctor, what answers that are sound may hide."""
        if (found := Remark(said, remedy)) not in self.remarks:
            self.remarks.append(found)

    @property
    def problem(self) -> PollError | None:
        """The errors of all parts that could not be read."""
        return PartsError(list(self.failed.values())) if self.failed else None

    def has_days(self, starts: Iterable[float]) -> None:
        """These UTC days have data, each by its start; one that has not ended yet says nothing."""
        ends = (start + DAY for start in starts)
        self.has_data(max((end for end in ends if end <= self.now), default=None))

    def has_data(self, until: float | None) -> None:
        """A whole bucket with data ends at `until` (Unix seconds)."""
        if until is not None:
            self.data_until = max(until, self.data_until or 0)

    @property
    def poll_window(self) -> Window:
        """All that the poll reads: what a stream remembers is of it, whatever piece is read."""
        return self.whole or self.window

    def recall(self, kind: type[MemoryT]) -> MemoryT:
        """The memory as `kind`, whose fields all have defaults; what does not fit is forgotten.

        Another version may have left it. Without it a stream only reads again what it has read.
        """
        try:
            return msgspec.convert(self.memory, kind)
        except (msgspec.ValidationError, UnicodeError) as error:
            _log.warning("what was remembered of the stream cannot be used", reason=str(error))
            return kind()

    def partitions(self, ids: Iterable[str]) -> Partitions:
        """The parts of an account in the order of their ids, without those that were read before."""
        self.walks = True
        return Partitions(sorted(ids), self.after, self.tell)

    def days(self, end: float | None = None) -> Iterator[Window]:
        """The UTC days of the window up to `end`, without those that a walk has read before.

        The partition of a day's batch is `iso_day(day.start)`.
        """
        until = self.window.end if end is None else min(self.window.end, int(end))
        window = Window(self.window.start, until)
        days = {iso_day(day.start): day for day in window.buckets(DAY)}
        yield from (days[name] for name in self.partitions(days))
