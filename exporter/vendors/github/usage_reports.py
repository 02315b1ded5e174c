"""Stream `usage_reports`: an enterprise's bill from the export files that GitHub makes on request.

Exports that somebody made are used as they are. With `create: true` the missing ones are asked for:
that makes work on the customer's account, and each shows in its list of exports.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, Self, TypeAlias

import httpx
from pydantic import Field, model_validator

from exporter.client.client import Request
from exporter.client.errors import (
    NotFoundError,
    PollError,
    RateLimitedError,
    SchemaError,
    UnauthorizedError,
    UnavailableError,
)
from exporter.client.request import join, same_origin
from exporter.config.durations import Duration
from exporter.model import DAY, HOUR, Coverage, Sample, Window
from exporter.streams.payload import decode, drift
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream, StreamOptions
from exporter.vendors.github.usage_reports_exports import (
    COMPLETED,
    FAILED,
    FILE,
    LIST,
    ONE,
    PROCESSING,
    SETTLED_AFTER,
    Export,
    ExportList,
    Made,
    Progress,
    Wanted,
    days_to_read,
    in_the_works,
    made_already,
    missing,
)
from exporter.vendors.github.usage_reports_files import REPORT_TYPES, Tally
from exporter.vendors.github.usage_reports_metrics import EXPORTS, LAST_EXPORT, METRICS
from exporter.vendors.github.vendor import GROUP, GithubTarget, needs_enterprise

_log = logging.getLogger(__name__)

_SLICE = 512 * 1024
_STATUSES = (PROCESSING, COMPLETED, FAILED)

TypeName: TypeAlias = Literal["summarized", "detailed", "ai_credit", "premium_request"]


class Options(StreamOptions):
    """Options of `usage_reports`."""

    interval: Duration = Field(default=HOUR, ge=1)
    lookback: Duration = Field(default=40 * DAY, ge=0)
    report_types: tuple[TypeName, ...] = Field(default=("summarized", "ai_credit"), min_length=1)
    """What is read: summarized or detailed, not both; premium_request for use before June 2026."""
    create: bool = False
    """Create the exports that are missing. It makes work on the account, and shows in its list."""
    create_every: Duration = Field(default=DAY, ge=HOUR)
    """How often one of a type is created at most, also after one that failed."""

    @model_validator(mode="after")
    def _each_row_once(self) -> Self:
        if {"summarized", "detailed"} <= set(self.report_types):
            raise ValueError("summarized and detailed hold the same usage: name one of them")
        return self


class _Read:
    """One read of the stream: the list, the files that are new, at most one creation."""

    def __init__(self, poll: Poll[GithubTarget, Options]) -> None:
        self._poll = poll
        self._options = poll.options
        self._path = {"enterprise": str(poll.target.enterprise)}
        self._progress = Progress.of(poll.progress)
        self._reading = Reading(complete=(EXPORTS, LAST_EXPORT))

    async def run(self) -> Reading:
        exports = await self._list()
        self._show(exports)
        pending = await self._unlisted(exports)
        self._tell_failure(exports)
        for report_type in dict.fromkeys(self._options.report_types):
            wanted = days_to_read(exports, report_type, self._poll.window, self._progress)
            for export, days in wanted:
                await self._use(export, days)
        if self._options.create and not pending:
            await self._create_one(exports)
        self._reading.progress = self._progress.stored(
            self._poll.window, self._options.report_types
        )
        return self._reading

    async def _list(self) -> list[Export]:
        answer = await self._poll.client.get(Request(LIST, self._path))
        found = decode(answer.body, ExportList, LIST.path).usage_report_exports
        self._reading.drift.update(drift(answer.body, ExportList))
        self._reading.records += len(found)
        for export in found:
            _check(export)
        return found

    async def _one(self, report_id: str) -> Export:
        answer = await self._poll.client.get(Request(ONE, {**self._path, "report_id": report_id}))
        self._reading.drift.update(drift(answer.body, Export))
        export = decode(answer.body, Export, ONE.path)
        _check(export)
        return export

    def _show(self, exports: Sequence[Export]) -> None:
        counts = Counter((export.report_type, export.status) for export in exports)
        for report_type in {export.report_type for export in exports}:
            counts.update({(report_type, status): 0 for status in _STATUSES})
        self._reading.samples += [Sample(EXPORTS, key, count) for key, count in counts.items()]
        self._reading.samples += [
            Sample(LAST_EXPORT, (export.report_type,), export.created)
            for export in exports
            if export.status == COMPLETED
        ]

    async def _unlisted(self, exports: list[Export]) -> bool:
        """Look for what was created here and is not on the list yet, at growing intervals.

        What is found joins the exports; true where one must be taken for being made.
        """
        listed = {export.id for export in exports}
        pending = False
        for made in self._progress.made.values():
            if not made.id or made.id in listed or self._poll.now - made.at >= DAY:
                continue
            pending = True
            if self._poll.now >= made.look_at:
                made.looks += 1
                try:
                    exports.append(await self._one(made.id))
                except NotFoundError as error:
                    # It may be as late here as on the list.
                    _log.info("a created export is not there yet: reason=%r", str(error))
        return pending

    def _tell_failure(self, exports: Sequence[Export]) -> None:
        ours = {made.id: made for made in self._progress.made.values()}
        for export in exports:
            if export.status == FAILED and export.id in ours:
                self._problem(
                    PollError(
                        f"{LIST.path}: GitHub failed to make the {export.report_type} export of "
                        f"{export.start_date} to {export.end_date}; another is asked for "
                        f"{self._options.create_every // HOUR} h after it"
                    )
                )

    async def _use(self, export: Export, days: list[int]) -> None:
        """Count days from the files of an export; one that cannot be had does not stop the others."""
        report = REPORT_TYPES[export.report_type]
        try:
            tally = await self._tally(export, days)
        except (RateLimitedError, UnauthorizedError):
            raise
        except PollError as error:
            self._problem(error)
            return
        self._reading.samples.extend(tally.samples())
        self._reading.coverage += [Coverage(report.counters, part) for part in _runs(days)]
        self._reading.records += tally.count
        if tally.newest is not None:
            until = min(tally.newest + DAY, self._poll.now)
            self._reading.data_until = max(self._reading.data_until or 0, until)
        self._progress.count(export, days)

    async def _tally(self, export: Export, days: list[int]) -> Tally:
        """All files of an export; a download that breaks off begins again, once, with new links."""
        for last in (False, True):
            tally = Tally(REPORT_TYPES[export.report_type], days, FILE.path)
            try:
                # The links of the list may have ended.
                urls = (await self._one(export.id)).download_urls
                if not urls:
                    raise UnavailableError(f"{ONE.path}: a completed export has no file")
                for url in urls:
                    await self._download(url, tally)
            except UnavailableError as error:
                if last:
                    raise
                _log.info("an export is downloaded again: reason=%r", str(error))
            else:
                break
        return tally

    async def _download(self, url: str, tally: Tally) -> None:
        base = httpx.URL(self._poll.target.base_url)
        ours = same_origin(join(base, url, f"GET {FILE.path}"), base)
        request = Request.at(FILE, url) if ours else Request.signed_link(FILE, url)
        rows, data = tally.rows(), bytearray()
        async with self._poll.client.stream(request) as chunks:
            async for chunk in chunks:
                data += chunk
                if len(data) >= _SLICE:
                    await asyncio.to_thread(tally.add, rows.feed(bytes(data)))
                    data.clear()
        await asyncio.to_thread(tally.add, rows.feed(bytes(data)))
        await asyncio.to_thread(tally.add, rows.close())
        self._reading.drift.update(rows.unknown)

    async def _create_one(self, exports: Sequence[Export]) -> None:
        """Ask for one export, as the last request of the poll: it is remembered with its commit."""
        now, every = self._poll.now, self._options.create_every
        for name in dict.fromkeys(self._options.report_types):
            longest = REPORT_TYPES[name].longest
            wanted = missing(name, longest, self._poll.window, self._progress, now, every)
            if wanted is None:
                continue
            export = made_already(exports, wanted, now, every)
            if export is not None:
                self._progress.made[name] = Made(export.id, export.created)
            elif not in_the_works(exports, now):
                await self._create(wanted)
                return

    async def _create(self, wanted: Wanted) -> None:
        """Whatever comes of it, the attempt is remembered: it may have arrived."""
        made = self._progress.made[wanted.report_type] = Made("", self._poll.now)
        request = Request(LIST, self._path, method="POST", json=wanted.body)
        try:
            answer = await self._poll.client.get(request)
            made.id = decode(answer.body, Export, LIST.path).id
        except PollError as error:
            self._problem(error)

    def _problem(self, error: PollError) -> None:
        """The first one is the state's reason."""
        self._reading.problem = self._reading.problem or error


def _check(export: Export) -> None:
    try:
        export.days  # noqa: B018  # a date that the calendar lacks is found here
    except ValueError as error:
        raise SchemaError(f"{LIST.path}: an export begins or ends on no date") from error


def _runs(days: Sequence[int]) -> list[Window]:
    """Days in order as few windows."""
    breaks = [later for earlier, later in pairwise(days) if later != earlier + DAY]
    starts = [days[0], *breaks]
    ends = [*(days[days.index(start) - 1] for start in breaks), days[-1]]
    return [Window(start, end + DAY) for start, end in zip(starts, ends, strict=True)]


async def read(poll: Poll[GithubTarget, Options]) -> Reading:
    return await _Read(poll).run()


def plan(_: GithubTarget, options: Options) -> Sequence[Cost]:
    """The list, and for each type about once a day a creation, its links and its file."""
    a_day = min(1, options.interval / DAY)
    return (Cost(GROUP, 1 + len(options.report_types) * (2 + options.create) * a_day),)


STREAM = Stream(
    name="usage_reports",
    shape=Shape.REPORT,
    summary="the bill of an enterprise from usage report exports, with AI credits by model",
    metrics=METRICS,
    options=Options,
    bucket=DAY,
    retention=365 * DAY,
    settled_after=SETTLED_AFTER,
    read=read,
    plan=plan,
    by_default=False,
    inapplicable=needs_enterprise,
)
