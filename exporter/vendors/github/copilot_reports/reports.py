"""The reports of a day: of the account, of people and teams, of repositories."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any

from exporter.streams import kit
from exporter.vendors.github.copilot_reports.counts import DayCounts
from exporter.vendors.github.copilot_reports.files import (
    REPOSITORIES,
    TEAMS,
    USERS,
    NoReportError,
    ReportsSource,
    TakerT,
    read_report,
)
from exporter.vendors.github.copilot_reports.people import Membership, PeopleTally
from exporter.vendors.github.copilot_reports.records import RepositoryDay, TeamMember, UserDay
from exporter.vendors.github.copilot_reports.report_day import ReportDay
from exporter.vendors.github.copilot_reports.repositories import RepositoryTally

PARTS = {
    TEAMS: "the report of teams",
    USERS: "the report of people",
    REPOSITORIES: "the report of repositories",
}
"""Reports that a day can do without."""


class Reports:
    """Reads reports, and knows of each kind for which days it was missing."""

    def __init__(self, source: ReportsSource) -> None:
        self._source = source
        self._answers: defaultdict[str, list[kit.NotFoundError | None]] = defaultdict(list)

    async def read(
        self, report: str, day: str, record: type[Any], taker: Callable[[ReportDay], TakerT]
    ) -> TakerT | None:
        """What a taker has of a day's records; None where the day has no such report (yet)."""
        missing = None
        try:
            return await read_report(self._source, report, day, record, taker)
        except NoReportError as error:
            missing = error.answer
            return None
        finally:
            self._answers[report].append(missing)

    async def count_people(self, day: str, counts: DayCounts) -> bool:
        """Count people's days by team and user; returns whether all reports that takes were there.

        What cannot be read costs only itself.
        """
        source = self._source
        teams, users = source.options.teams, source.options.users and source.people
        membership = tally = None
        if teams:
            membership = await self._read_part(TEAMS, day, TeamMember, Membership)
        if membership is not None or users:
            taker = partial(PeopleTally, membership=membership, users=users)
            tally = await self._read_part(USERS, day, UserDay, taker)
        if tally is not None:
            tally.count(counts)
        return (membership is not None or not teams) and (tally is not None or not (teams or users))

    async def repositories(self, day: str) -> RepositoryTally | None:
        """The repositories of a day; None where they cannot be read, which costs only themselves."""
        names = self._source.options.private_repository_names
        taker = partial(RepositoryTally, private_names=names)
        return await self._read_part(REPOSITORIES, day, RepositoryDay, taker)

    async def _read_part(
        self, report: str, day: str, record: type[Any], taker: Callable[[ReportDay], TakerT]
    ) -> TakerT | None:
        found = None
        async with self._source.optional(PARTS[report]) as part:
            found = await self.read(report, day, record, taker)
        return found if part.error is None else None

    def gone(self, report: str) -> kit.NotFoundError | None:
        """The error of a kind of report that was asked for and is 404 for every day."""
        answers = self._answers[report]
        missing = [answer for answer in answers if answer is not None]
        if not missing or len(missing) < len(answers):
            return None
        error = kit.NotFoundError(
            f"{missing[-1]}; no day of {len(missing)} has a report: check also that the policy "
            '"Copilot usage metrics" is enabled'
        )
        error.__cause__ = missing[-1]
        return error
