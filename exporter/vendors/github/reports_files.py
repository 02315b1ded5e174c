"""How a Copilot usage report is fetched: links for a day, then every shard behind them.

A link is a credential of its own that ends soon: it is followed at once, and neither kept nor shown.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from exporter.client.client import Client, Endpoint, Request
from exporter.client.errors import (
    ForbiddenError,
    NotFoundError,
    SchemaError,
    UnauthorizedError,
    UnavailableError,
)
from exporter.streams.ndjson import JsonLines, read_body
from exporter.streams.payload import decode, drift
from exporter.vendors.github.reports_records import Links
from exporter.vendors.github.vendor import GROUP, GithubTarget

T = TypeVar("T")

SLICE = 512 * 1024

_log = logging.getLogger(__name__)

_BROKEN = (UnavailableError, UnauthorizedError, ForbiddenError, NotFoundError)
"""How a download ends that may succeed with links of its own."""


class NoReportError(Exception):
    """A day has no report (yet). `answer` is a 404, which a wrong name gives as well."""

    def __init__(self, answer: NotFoundError | None = None) -> None:
        super().__init__()
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Report:
    """A kind of report: where its links are, and by what name its files are counted."""

    links: Endpoint
    files: Endpoint


def _report(path: str) -> Report:
    # An answer with links must not be kept for later: they would have ended.
    return Report(Endpoint(path, GROUP), Endpoint(f"{path}/files", GROUP))


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports of one enterprise or organization."""

    scope: dict[str, str]
    entity: Report
    users: Report
    teams: Report

    @classmethod
    def of(cls, target: GithubTarget) -> "Reports":
        """The reports of a target's own scope."""
        kind, plural, name = (
            ("org", "orgs", target.org)
            if target.org
            else ("enterprise", "enterprises", target.enterprise)
        )
        root = f"/{plural}/{{{kind}}}/copilot/metrics/reports"
        entity = "organization" if target.org else "enterprise"
        return cls(
            {kind: str(name)},
            _report(f"{root}/{entity}-1-day"),
            _report(f"{root}/users-1-day"),
            _report(f"{root}/user-teams-1-day"),
        )


@dataclass(slots=True)
class Downloads:
    """Fetches the reports of single days."""

    client: Client
    scope: dict[str, str]
    records: int = 0
    drift: Counter[str] = field(default_factory=Counter)

    async def read(
        self, report: Report, day: str, shards: Callable[[Sequence[Request]], Awaitable[T]]
    ) -> T:
        """What `shards` makes of a day's files; raises NoReportError where there are none."""
        try:
            links = await self._links(report, day)
        except NotFoundError as error:
            raise NoReportError(error) from error
        if not links:
            raise NoReportError
        try:
            return await shards(links)
        except _BROKEN as error:
            _log.info("links are asked for again endpoint=%s reason=%r", report.files.path, error)
        # Links that ended, or a file that broke off in the middle: begin the day again.
        return await shards(await self._links(report, day))

    async def whole(self, requests: Sequence[Request], record: type[T]) -> list[T]:
        """All records of small files."""
        found: list[T] = []
        for request in requests:
            answer = await self.client.get(request)
            rows, unknown = await asyncio.to_thread(
                read_body, request.endpoint.path, record, answer.body
            )
            found += rows
            self.drift.update(unknown)
        self.records += len(found)
        return found

    async def each(
        self,
        requests: Sequence[Request],
        record: type[T],
        known: Any,
        add: Callable[[list[T]], None],
    ) -> None:
        """Hand the records of large files to `add` in batches, off the event loop."""
        for request in requests:
            lines = JsonLines(request.endpoint.path, record, known)
            async with self.client.stream(request) as chunks:
                data = bytearray()
                async for chunk in chunks:
                    data += chunk
                    if len(data) >= SLICE:
                        await asyncio.to_thread(_pass_on, lines, bytes(data), add)
                        data.clear()
            await asyncio.to_thread(_pass_on, lines, bytes(data), add, last=True)
            self.records += lines.count
            self.drift.update(lines.unknown)

    async def _links(self, report: Report, day: str) -> list[Request]:
        answer = await self.client.get(Request(report.links, self.scope, {"day": day}))
        if answer.status == 204:
            return []
        path = report.links.path
        found = decode(answer.body, Links, path)
        self.drift.update(drift(answer.body, Links))
        if found.report_day not in (None, day):
            raise SchemaError(f"{path}: the answer for {day} is of another day ($.report_day)")
        return [
            Request.signed_link(report.files, link) for link in dict.fromkeys(found.download_links)
        ]


def _pass_on(
    lines: JsonLines[T], data: bytes, add: Callable[[list[T]], None], *, last: bool = False
) -> None:
    add(lines.feed(data))
    if last:
        add(lines.close())
