"""The repositories of a day: each row once, whatever shard it is in, under the name that may be shown."""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from exporter.streams import kit
from exporter.vendors.github.copilot_reports.counts import DayCounts
from exporter.vendors.github.copilot_reports.records import (
    PullRequests,
    RepositoryDay,
    ReviewTimes,
)
from exporter.vendors.github.copilot_reports.report_day import ReportDay
from exporter.vendors.github.copilot_reports.repository_metrics import REPOSITORY, REVIEW_MINUTES

_Row: TypeAlias = tuple[int | None, str | None, str | None]
"""Id, owner and name: a repository that is renamed or moved during a day may have a row for each."""
_Labels: TypeAlias = tuple[str, ...]

_PHASES = ("ready_to_first_review", "first_to_final_review", "final_review_to_merge")
_QUANTILES = {"0.5": "median", "0.9": "p90"}
_HIDDEN = ("private", "internal")
"""How a repository is shown whose name is not."""
_PUBLIC = "public"
_OF_A_PERSON = "_"
"""What the login of a managed user has, and the name of no organization."""


class RepositoryTally:
    """Takes a day's repositories, and gives their counts and review times."""

    def __init__(self, asked: ReportDay, *, private_names: bool) -> None:
        self._asked = asked
        self._private_names = private_names
        self._rows: dict[_Row, RepositoryDay] = {}

    def add(self, rows: Sequence[RepositoryDay]) -> None:
        for row in self._asked.records(rows):
            # The same day in another spelling is no difference.
            row.day = self._asked.day
            identity = (row.repo_id, row.repo_owner_name, row.repo_name)
            if row != self._rows.setdefault(identity, row):
                raise self._asked.error("a repository is in it twice, with different figures")

    def count(self, counts: DayCounts) -> None:
        """Put the repositories into the day's counters."""
        counts.add_rows(
            REPOSITORY,
            (
                (row.pull_requests or PullRequests(), (self._label(row),), row.key)
                for row in self._rows.values()
            ),
        )

    def review_minutes(self) -> list[kit.Sample]:
        """The review times of repositories that are shown by name: those of several cannot be one.

        Where two have one name, neither is shown.
        """
        found: dict[_Labels, float] = {}
        twice: set[_Labels] = set()
        for row in self._rows.values():
            if self._is_named(row):
                for labels, minutes in _minutes(self._label(row), row):
                    twice |= {labels} & found.keys()
                    found[labels] = minutes
        return [
            kit.Sample(REVIEW_MINUTES, labels, minutes)
            for labels, minutes in found.items()
            if labels not in twice
        ]

    def _label(self, row: RepositoryDay) -> str:
        if _is_of_a_person(row):
            return kit.OTHER
        if self._is_named(row):
            return "/".join(filter(None, (row.repo_owner_name, row.repo_name)))
        visibility = _visibility(row)
        return visibility if visibility in _HIDDEN else kit.UNKNOWN

    def _is_named(self, row: RepositoryDay) -> bool:
        if _is_of_a_person(row) or not row.repo_name:
            return False
        return self._private_names or _visibility(row) == _PUBLIC


def _is_of_a_person(row: RepositoryDay) -> bool:
    return _OF_A_PERSON in (row.repo_owner_name or "")


def _visibility(row: RepositoryDay) -> str:
    return (row.repo_visibility or "").lower()


def _minutes(repository: str, row: RepositoryDay) -> Iterator[tuple[_Labels, float]]:
    for times in row.pull_request_review_times or ():
        who = times.authored_by or kit.UNKNOWN, times.reviewed_by or kit.UNKNOWN
        for phase, quantile, minutes in _values(times):
            yield (repository, phase, quantile, *who), minutes


def _values(times: ReviewTimes) -> Iterator[tuple[str, str, float]]:
    """What is known of the times, by phase and quantile."""
    for phase in _PHASES:
        for quantile, measure in _QUANTILES.items():
            minutes = getattr(times, f"{measure}_minutes_{phase}")
            if minutes is not None:
                yield phase, quantile, minutes
