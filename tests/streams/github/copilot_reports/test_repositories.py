"""Pull requests by repository: names that change or are hidden, days that are not there, review times."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import DAY, HOUR
from tests.streams.github.copilot_reports.test_copilot_reports import (
    ACCEPTANCES,
    ENTITY,
    NEWEST,
    REPOSITORIES,
    Reports,
    days,
    entity,
    pipeline,
)
from tests.streams.harness import Pipeline

CREATED = "github_copilot_repository_pull_requests_created_total"
MERGED = "github_copilot_repository_pull_requests_merged_total"
MINUTES = "github_copilot_repository_review_minutes"
SETTLED, BEFORE = "2026-09-17", "2026-09-16"
"""At the time of the pipeline the newest day that is no longer revised, and the one before."""
FAMILIES = 11


def repository(id_: int | None, name: str, created: int | None, **more: Any) -> dict[str, Any]:
    owner, _, short = name.rpartition("/")
    row = {"repo_id": id_, "repo_owner_name": owner, "repo_name": short}
    requests = {"total_created": created, **more.pop("pull_requests", {})}
    return {**row, "repo_visibility": "INTERNAL", "pull_requests": requests, **more}


def reviewed(minutes: float, **more: Any) -> list[dict[str, Any]]:
    """The review times of a repository in which people read what people wrote."""
    times = {"median_minutes_ready_to_first_review": minutes, **more}
    return [{"authored_by": "human", "reviewed_by": "human", "total_merged": 3, **times}]


def told(*days_told: str) -> Reports:
    """Reports in which the account has these days."""
    reports = Reports()
    for day in days_told or (NEWEST,):
        reports.put(ENTITY, day, entity(day))
    return reports


def reading(tmp_path: Path, reports: Reports, **options: Any) -> Pipeline:
    return pipeline(tmp_path, reports, options={"repositories": True, **options})


def medians(run: Pipeline) -> dict[str, float]:
    """The medians until the first review, by repository."""
    return {
        labels[0]: value
        for labels, value in run.values(MINUTES).items()
        if labels[1:3] == ("ready_to_first_review", "0.5")
    }


async def test_a_renamed_or_moved_repository_is_not_counted_again(tmp_path: Path) -> None:
    """The id is what it is, owner and name only what it is called; also within a day."""
    reports = told()
    reports.put(REPOSITORIES, NEWEST, [repository(1, "acme/api", 5)])
    async with reading(tmp_path, reports) as run:
        await run.poll()
        reports.put(REPOSITORIES, NEWEST, [repository(1, "acme-labs/core", 7)])
        await run.poll(after=HOUR)
        assert run.values(CREATED) == {("acme/api",): 5, ("acme-labs/core",): 2}
        assert run.status.corrections == 0
        both = [repository(1, "acme/api", 5), repository(1, "acme-labs/core", 3)]
        reports.put(REPOSITORIES, NEWEST, both)
        await run.poll(after=HOUR)
        assert sum(run.values(CREATED).values()) == 8


async def test_what_is_revised_or_gone_is_taken_back_and_what_is_unknown_is_not(
    tmp_path: Path,
) -> None:
    """A repository that is in the report no more had nothing; a field that is null says nothing."""
    reports = told()
    merged = {"total_merged": 4}
    rows = [repository(1, "acme/api", 5, pull_requests=merged), repository(2, "acme/web", 3)]
    reports.put(REPOSITORIES, NEWEST, rows)
    async with reading(tmp_path, reports) as run:
        await run.poll()
        assert run.values(MERGED) == {("acme/api",): 4}
        reports.put(REPOSITORIES, NEWEST, [repository(2, "acme/web", 3, pull_requests={})])
        await run.poll(after=HOUR)
        ledger = (await run.state()).ledger
        assert ledger[CREATED, ("acme/api",)].debt == 5
        assert ledger[MERGED, ("acme/api",)].debt == 0
        reports.put(REPOSITORIES, NEWEST, [{**rows[1], "pull_requests": None}])
        await run.poll(after=HOUR)
        assert (await run.state()).ledger[CREATED, ("acme/web",)].debt == 0


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(204),
        httpx.Response(404, json={"message": "Not Found"}),
        httpx.Response(200, json={"download_links": [], "report_day": NEWEST}),
    ],
)
async def test_a_day_without_a_report_is_not_there_yet(
    answer: httpx.Response, tmp_path: Path
) -> None:
    """Nothing is counted or taken back for it, and it is asked for again."""
    reports = told("2026-09-19", NEWEST)
    reports.put(REPOSITORIES, "2026-09-19", [repository(1, "acme/api", 5)])
    reports.answers[REPOSITORIES, NEWEST] = answer
    async with reading(tmp_path, reports) as run:
        await run.poll()
        assert (run.status.state, run.values(CREATED)) == (State.OK, {("acme/api",): 5})
        del reports.answers[REPOSITORIES, NEWEST]
        reports.put(REPOSITORIES, NEWEST, [repository(1, "acme/api", 2)])
        await run.poll(after=HOUR)
        assert run.values(CREATED) == {("acme/api",): 7}
        reports.answers[REPOSITORIES, NEWEST] = answer
        await run.poll(after=HOUR)
        assert (await run.state()).ledger[CREATED, ("acme/api",)].debt == 0


async def test_a_report_that_is_refused_costs_only_itself(tmp_path: Path) -> None:
    """The account counts; that no day has one is told by the part's name."""
    reports = told()
    reports.missing = 404
    async with reading(tmp_path, reports) as run:
        await run.poll()
        assert run.status.state is State.NOT_FOUND
        assert "the report of repositories" in run.status.reason
        assert run.value(ACCEPTANCES, "other") == 10


async def test_every_shard_counts_once_and_none_twice(tmp_path: Path) -> None:
    """A repetition is none; another figure of the same repository is an error that costs the part."""
    reports = told()
    api, web = repository(1, "acme/api", 5), repository(2, "acme/web", 3)
    reports.put(REPOSITORIES, NEWEST, [api], [web, {**api, "day": f"{NEWEST}T00:00:00Z"}])
    async with reading(tmp_path, reports) as run:
        await run.poll()
        assert run.values(CREATED) == {("acme/api",): 5, ("acme/web",): 3}
        reports.put(REPOSITORIES, NEWEST, [api], [repository(1, "acme/api", 6)])
        await run.poll(after=HOUR)
        assert run.status.state is State.SCHEMA_ERROR
        assert "a repository is in it twice, with different figures" in run.status.reason
        assert run.values(CREATED) == {("acme/api",): 5, ("acme/web",): 3}


async def test_names_that_are_private_can_be_left_out(tmp_path: Path) -> None:
    """What the repositories did is counted under their visibility; only public ones have review times."""
    reports = told(SETTLED)
    rows = [
        repository(1, "acme/api", 5, pull_request_review_times=reviewed(30)),
        repository(2, "acme/plan", 3, repo_visibility="PRIVATE"),
        repository(3, "acme/web", 2),
        repository(4, "acme/odd", 1, repo_visibility=None),
        repository(5, "acme/docs", 4, repo_visibility="PUBLIC")
        | {"pull_request_review_times": reviewed(12)},
    ]
    reports.put(REPOSITORIES, SETTLED, rows)
    async with reading(tmp_path, reports, private_repository_names=False) as run:
        await run.poll()
        assert run.values(CREATED) == {
            ("internal",): 7,
            ("private",): 3,
            ("unknown",): 1,
            ("acme/docs",): 4,
        }
        assert medians(run) == {"acme/docs": 12}
        seen = run.page + repr(await run.state())
        assert [name for name in ("api", "plan", "web", "odd") if f"acme/{name}" in seen] == []
        await run.poll(after=HOUR)
        assert run.status.corrections == 0


async def test_a_repository_of_a_person_names_nobody(tmp_path: Path) -> None:
    """A managed user's is counted in `other`, whatever the options say."""
    reports = told(SETTLED)
    rows = [
        repository(1, "mona_acme/notes", 2, pull_request_review_times=reviewed(30)),
        repository(2, "hubert_acme/tools", 1),
        repository(3, "acme/api", 5),
    ]
    reports.put(REPOSITORIES, SETTLED, rows)
    async with reading(tmp_path, reports) as run:
        await run.poll()
        assert run.values(CREATED) == {("other",): 3, ("acme/api",): 5}
        assert medians(run) == {}
        assert "mona" not in run.page + repr(await run.state())


async def test_review_times_are_those_of_the_newest_settled_day(tmp_path: Path) -> None:
    """Not of one that is still revised; they stay while no later settled day has a report."""
    reports = told(*days(BEFORE, 5))
    for number, day in enumerate(days(BEFORE, 5)):
        row = repository(1, "acme/api", 1, pull_request_review_times=reviewed(10 + number))
        reports.put(REPOSITORIES, day, [{**row, "day": day}])
    reports.files.pop((REPOSITORIES, "2026-09-18"))
    async with reading(tmp_path, reports) as run:
        await run.poll()
        assert medians(run) == {"acme/api": 11}
        reports.requests.clear()
        await run.poll(after=6 * HOUR)
        assert medians(run) == {"acme/api": 11}
        assert reports.asked(REPOSITORIES) == [*days("2026-09-18", 3), SETTLED]
        await run.restart()
        # The 18th is settled and has no report; the 19th has one.
        await run.poll(after=DAY)
        assert medians(run) == {"acme/api": 11}
        await run.poll(after=DAY)
        assert medians(run) == {"acme/api": 13}


async def test_review_times_of_a_day_without_any_are_gone(tmp_path: Path) -> None:
    """A report that has none says that nothing was merged, or that GitHub does not tell."""
    reports = told(SETTLED, "2026-09-18")
    row = repository(1, "acme/api", 1, pull_request_review_times=reviewed(10))
    reports.put(REPOSITORIES, SETTLED, [row])
    reports.put(REPOSITORIES, "2026-09-18", [repository(1, "acme/api", 1)])
    async with reading(tmp_path, reports) as run:
        await run.poll()
        assert medians(run) == {"acme/api": 10}
        await run.poll(after=DAY)
        assert run.values(MINUTES) == {}


async def test_review_times_are_never_made_one(tmp_path: Path) -> None:
    """Two repositories of one name have none; phases, quantiles and who took part are apart."""
    reports = told(SETTLED)
    times = reviewed(
        1, p90_minutes_ready_to_first_review=2, median_minutes_final_review_to_merge=3.5
    )
    copilot = {**reviewed(7)[0], "authored_by": "copilot", "reviewed_by": None}
    rows = [
        repository(1, "acme/api", 1, pull_request_review_times=[*times, copilot]),
        repository(2, "acme/web", 1, pull_request_review_times=reviewed(20)),
        repository(3, "acme/web", 1, pull_request_review_times=reviewed(30)),
    ]
    reports.put(REPOSITORIES, SETTLED, rows)
    async with reading(tmp_path, reports) as run:
        await run.poll()
        assert run.values(MINUTES) == {
            ("acme/api", "ready_to_first_review", "0.5", "human", "human"): 1,
            ("acme/api", "ready_to_first_review", "0.9", "human", "human"): 2,
            ("acme/api", "final_review_to_merge", "0.5", "human", "human"): 3.5,
            ("acme/api", "ready_to_first_review", "0.5", "copilot", "unknown"): 7,
        }
        assert run.values(CREATED) == {("acme/api",): 1, ("acme/web",): 2}


async def test_folding_keeps_the_sums_and_leaves_review_times_out(tmp_path: Path) -> None:
    """Of more repositories than there is room for the largest are named; what is left out is told."""
    reports = told(SETTLED, NEWEST)

    def rows(day: str, growth: int) -> list[dict[str, Any]]:
        found = [
            repository(number, f"acme/r{number:03}", number + growth)
            | {"day": day, "pull_request_review_times": reviewed(number)}
            for number in range(1, 201)
        ]
        return found if growth < 3 else found[:150]

    async with reading(tmp_path, reports, max_series=120) as run:
        for growth in range(5):
            for day in (SETTLED, NEWEST):
                reports.put(REPOSITORIES, day, rows(day, growth))
            await run.poll(after=6 * HOUR)
            assert run.status.last_folded > 100
            await run.restart()
            ledger = (await run.state()).ledger
            mine = {key[1]: series for key, series in ledger.items() if key[0] == CREATED}
            newest = sum(series.counter - series.debt for series in mine.values())
            # The settled day was read once.
            days_read = [(SETTLED, 0), (NEWEST, growth)]
            assert newest == sum(
                row["pull_requests"]["total_created"] for each in days_read for row in rows(*each)
            )
            assert ("other",) in mine
            assert sum(run.values(CREATED).values()) == sum(each.counter for each in mine.values())
            assert len(ledger) <= 120 + FAMILIES
        named = {labels[0] for labels in run.values(CREATED)} - {"other"}
        assert {f"acme/r{number:03}" for number in range(190, 201)} <= named
        assert "other" not in medians(run)
