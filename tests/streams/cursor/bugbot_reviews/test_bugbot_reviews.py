"""What reviews cost, what they found, and pages that do not hold what they announce."""

from pathlib import Path
from typing import Any

import pytest

from exporter.client.errors import State
from tests.streams.cursor.bugbot_reviews.case import CASE, reviews
from tests.streams.cursor.rows import swapped
from tests.streams.harness import Pipeline, answer

COST = "cursor_bugbot_cost_usd_total"


def review(id_: str, **more: Any) -> dict[str, Any]:
    row = {
        "request_id": id_,
        "timestamp": "2026-11-25T12:00:00.000Z",
        "bugs_found": 0,
        "cost_cents": 35.5,
        "billed": True,
    }
    return row | more


def tell(run: Pipeline, *rows: dict[str, Any]) -> None:
    run.vendor.bodies["reviews"]["data"] = list(rows)


async def test_only_billed_reviews_cost(tmp_path: Path) -> None:
    """Free ones are told with a cost too; where nobody says, it is unknown. Cents have fractions."""
    async with Pipeline(CASE, tmp_path) as run:
        old = review("c")
        del old["billed"]
        tell(
            run,
            review("a"),
            review("b", billed=False, cost_cents=999),
            old,
            review("d", cost_cents=None),
            review("e", cost_cents=0.125),
        )
        await run.poll()
        assert run.value(COST) == 0.35625
        assert run.values("cursor_bugbot_reviews_total") == {
            ("true",): 3,
            ("false",): 1,
            ("unknown",): 1,
        }


async def test_a_review_that_is_billed_later_costs_from_then_on(tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, review("a", billed=False))
        await run.poll()
        assert run.value(COST) in (None, 0)
        tell(run, review("a"))
        await run.poll()
        assert run.value(COST) == 0.355
        assert sum(run.values("cursor_bugbot_reviews_total").values()) == 1


async def test_a_bug_that_is_listed_twice_is_one(tmp_path: Path) -> None:
    """By the comment that tells of it."""
    bugs = [{"comment_id": id_, "severity": "high"} for id_ in ("c1", "c1", "c2")]
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, review("a", bugs_found=2, bugs=bugs))
        await run.poll()
        assert run.values("cursor_bugbot_bugs_found_total") == {("high",): 2}
        assert run.status.drift == {}


async def test_bugs_that_are_not_listed_are_of_unknown_severity(tmp_path: Path) -> None:
    bugs = [{"severity": "high"}, {"severity": None}, {"severity": "high"}]
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, review("a", bugs_found=5, bugs=bugs), review("b", bugs_found=1))
        await run.poll()
        assert run.values("cursor_bugbot_bugs_found_total") == {("high",): 2, ("unknown",): 4}


async def test_a_review_that_comes_twice_counts_once(tmp_path: Path) -> None:
    """One that comes with other figures is told."""
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, review("a"), review("a"), review("a", bugs_found=7), review("b"))
        await run.poll()
        assert sum(run.values("cursor_bugbot_reviews_total").values()) == 2
        assert run.status.rejected == {"id": 1}


@pytest.mark.parametrize("cost", [-1, 1e300])
async def test_a_cost_that_cannot_be_costs_its_row_only(cost: float, tmp_path: Path) -> None:
    async with Pipeline(CASE, tmp_path) as run:
        tell(run, review("a", cost_cents=cost), review("b"))
        await run.poll()
        assert run.status.rejected == {"cost_cents": 1}
        assert run.value(COST) == 0.355


async def test_fewer_reviews_than_announced_count_nothing(tmp_path: Path) -> None:
    def fewer(body: Any, asked: Any) -> Any:
        found = reviews(body, asked).json()
        found["pagination"]["totalItems"] += 1
        return answer(found)

    async with Pipeline(swapped(CASE, "bugbot-reviews", fewer), tmp_path) as run:
        await run.poll()
        assert run.status.state is State.SCHEMA_ERROR
        assert "3 rows came although 4 were announced" in run.status.reason
        assert run.page == ""
