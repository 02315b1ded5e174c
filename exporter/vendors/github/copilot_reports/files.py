"""How a Copilot usage report is fetched: links for a day, then every shard behind them.

A link is a credential of its own that ends soon: it is followed at once, and neither kept nor shown.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from exporter.streams import kit
from exporter.vendors.github.copilot_reports.options import Options
from exporter.vendors.github.copilot_reports.records import Links
from exporter.vendors.github.vendor import GROUP, GithubTarget, below

T = TypeVar("T")
ReportsSource: TypeAlias = kit.Source[GithubTarget, Options]

_log = logging.getLogger(__name__)

_BROKEN = (
    kit.UnavailableError,
    kit.UnauthorizedError,
    kit.ForbiddenError,
    kit.NotFoundError,
)
"""Failures of a download that are worth one retry with fresh links."""


class NoReportError(Exception):
    """A day has no report (yet). `answer` is a 404, which a wrong name gives as well."""

    def __init__(self, answer: kit.NotFoundError | None = None) -> None:
        super().__init__()
        self.answer = answer


ENTITY = {"org": "organization", "enterprise": "enterprise"}
"""The report of an account itself, by scope."""
USERS, TEAMS = "users", "user-teams"


def ask(target: GithubTarget, report: str, day: str) -> kit.Request:
    """The request for the links of a day's report."""
    # Not conditional: an answer with links must not be kept for later, when they have ended.
    return below(target, f"/copilot/metrics/reports/{report}-1-day").with_parameters({"day": day})


async def read_report(
    source: ReportsSource,
    report: str,
    day: str,
    shards: Callable[[Sequence[kit.Request]], Awaitable[T]],
) -> T:
    """What `shards` makes of a day's files; raises NoReportError where there are none."""
    try:
        links = await _links(source, report, day)
    except kit.NotFoundError as error:
        raise NoReportError(error) from error
    if not links:
        raise NoReportError
    try:
        return await shards(links)
    except _BROKEN as error:
        _log.info("links are asked for again: report=%s reason=%r", report, error)
    # Links that ended, or a file that broke off in the middle: begin the day again.
    return await shards(await _links(source, report, day))


async def read_small(
    source: ReportsSource, requests: Sequence[kit.Request], record: type[T]
) -> list[T]:
    """All records of small files."""
    return [row for request in requests for row in await source.file(request, record)]


async def read_large(
    source: ReportsSource,
    requests: Sequence[kit.Request],
    record: type[T],
    add: Callable[[list[T]], Any],
) -> None:
    """Hand the records of large files to `add` in batches."""
    for request in requests:
        await source.lines(request, record, add)


async def _links(source: ReportsSource, report: str, day: str) -> list[kit.Request]:
    request = ask(source.target, report, day)
    answer = await source.client.get(request)
    if answer.status == 204:
        return []
    found, path = await source.decoded(answer, Links, request), request.endpoint.path
    if found.report_day not in (None, day):
        raise kit.SchemaError(f"{path}: the answer for {day} is of another day ($.report_day)")
    files = kit.Endpoint(f"{path}/files", GROUP)
    return [kit.Request.signed_link(files, link) for link in dict.fromkeys(found.download_links)]
