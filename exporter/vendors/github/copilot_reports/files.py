"""How a Copilot usage report is fetched: links for a day, then every shard behind them.

A link is a credential of its own that ends soon: it is followed at once, and neither kept nor shown.
"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar

from exporter import log
from exporter.streams import kit
from exporter.vendors.github.copilot_reports.options import Options
from exporter.vendors.github.copilot_reports.records import Entity, Links
from exporter.vendors.github.copilot_reports.report_day import ReportDay, is_day
from exporter.vendors.github.vendor import GROUP, GithubTarget, below

ReportsSource: TypeAlias = kit.Source[GithubTarget, Options]

_log = log.logger(__name__)

_BROKEN = (
    kit.UnavailableError,
    kit.UnauthorizedError,
    kit.ForbiddenError,
    kit.NotFoundError,
)
"""Failures of a download that are worth one retry with fresh links."""

_NOT_YET = (202, 204)

ENTITY = {"org": "organization", "enterprise": "enterprise"}
"""The report of an account itself, by scope."""
USERS, TEAMS, REPOSITORIES = "users", "user-teams", "repos"


class NoReportError(Exception):
    """A day has no report (yet). `answer` is a 404, which a wrong name gives as well."""

    def __init__(self, answer: kit.NotFoundError | None = None) -> None:
        super().__init__()
        self.answer = answer


class Taker(Protocol):
    """Takes the records of a report."""

    def add(self, rows: Sequence[Any], /) -> None: ...


TakerT = TypeVar("TakerT", bound=Taker)


def ask(target: GithubTarget, report: str, day: str) -> kit.Request:
    """The request for the links of a day's report."""
    # Not conditional: an answer with links must not be kept for later, when they have ended.
    return below(target, f"/copilot/metrics/reports/{report}-1-day").with_parameters({"day": day})


async def read_report(
    source: ReportsSource,
    report: str,
    day: str,
    record: type[Any],
    taker: Callable[[ReportDay], TakerT],
) -> TakerT:
    """What a taker has of the records of a day; raises NoReportError where there is no report."""
    request = ask(source.target, report, day)
    links = await _links(source, request, day)
    try:
        return await _read(source, links, record, taker, day)
    except _BROKEN as error:
        path = request.endpoint.path
        _log.debug("links are asked for again", endpoint=path, reason=str(error))
    # Links that ended, or a file that broke off in the middle: begin the day again.
    return await _read(source, await _links(source, request, day), record, taker, day)


async def _read(
    source: ReportsSource,
    links: Sequence[kit.Request],
    record: type[Any],
    taker: Callable[[ReportDay], TakerT],
    day: str,
) -> TakerT:
    asked = ReportDay(day, links[0].endpoint.path)
    taken = taker(asked)
    for link in links:
        if record is Entity:
            # Small, but of one line however long it is.
            taken.add(await source.file(link, record))
        else:
            await source.lines(link, record, taken.add)
    asked.check()
    for _ in range(asked.others):
        source.reject("day")
    return taken


async def _links(source: ReportsSource, request: kit.Request, day: str) -> list[kit.Request]:
    path = request.endpoint.path
    try:
        answer = await source.client.get(request)
    except kit.NotFoundError as error:
        raise NoReportError(error) from error
    if answer.status in _NOT_YET:
        raise NoReportError
    found = await source.decoded(answer, Links, request)
    if not is_day(found.report_day, day):
        raise kit.SchemaError(f"{path}: the answer for {day} is of another day ($.report_day)")
    if not found.download_links:
        raise NoReportError
    files = kit.Endpoint(f"{path}/files", GROUP)
    return [kit.Request.signed_link(files, link) for link in dict.fromkeys(found.download_links)]
