"""How many series a stream may have and which labels they have, on real streams, over restarts."""

import re
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.client.errors import State
from exporter.model import HOUR, OTHER, MetricType, Number
from exporter.streams.contract import Batch
from exporter.streams.source import Source
from tests.streams.cases import CASES
from tests.streams.github.billing_usage.case import CASE as BILLING_USAGE
from tests.streams.github.usage_reports.case import CASE as USAGE_REPORTS
from tests.streams.harness import Case, Pipeline
from tests.streams.tabnine.repositories.case import CASE as TABNINE_REPOSITORIES

every_stream = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)

QUANTITY = "github_usage_report_quantity_total"
BILLED = "github_billing_quantity_total"
STATUS = "tabnine_repository_index_status"
INDEXED = "tabnine_repository_last_indexed_timestamp_seconds"
CONNECTED = "tabnine_team_repositories"


async def counted(run: Pipeline) -> dict[str, Number]:
    """What was counted of each metric, shown or not; nothing of it is owed."""
    sums: defaultdict[str, Number] = defaultdict(int)
    for (name, _), series in (await run.state()).ledger.items():
        sums[name] += series.counter
        assert series.debt == 0
    return dict(sums)


@every_stream
async def test_any_label_can_be_dropped_and_taken_back(case: Case, tmp_path: Path) -> None:
    """Over restarts: no series has it, the same answers count nothing again, and later all series are
    back with what they had.
    """
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        labels = sorted({name for metric in run.stream.metrics for name in metric.labels})
        before = {metric.name: run.values(metric.name) for metric in run.stream.metrics}
        sums = await counted(run)
    for dropped in [*([name] for name in labels), labels]:
        async with Pipeline(case, tmp_path, options={"drop_labels": dropped}) as run:
            for _ in range(2):
                for metric in run.stream.metrics:
                    for values in run.values(metric.name):
                        named = dict(zip(metric.labels, values, strict=True))
                        assert not any(named.get(name) for name in dropped)
                await run.poll()
            assert run.status.reason == ""
            assert await counted(run) == sums
            assert run.status.corrections == 0
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        assert await counted(run) == sums
        for metric in run.stream.metrics:
            if metric.type is MetricType.COUNTER:
                assert before[metric.name].items() <= run.values(metric.name).items()


@every_stream
async def test_a_partition_and_key_belong_to_one_series(case: Case, tmp_path: Path) -> None:
    """Else what is counted of one series could move to another that has the same."""
    batches: list[Batch] = []
    async with Pipeline(case, tmp_path) as run:
        read = run.stream.read

        async def kept(source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
            async for batch in read(source):
                batches.append(batch)
                yield batch

        run.job = replace(run.job, stream=replace(run.stream, read=kept))
        await run.poll()
    owners: dict[tuple[str, int | None, str, str], tuple[str, ...]] = {}
    for sample in (sample for batch in batches for sample in batch.samples):
        if sample.bucket is not None and (sample.partition or sample.key):
            place = (sample.metric.name, sample.bucket, sample.partition, sample.key)
            assert owners.setdefault(place, sample.labels) == sample.labels
    assert batches


def bill(run: Pipeline, **quantities: int) -> None:
    """Let a day of the export have these quantities by cost center; `none` is without one."""
    rows = run.vendor.bodies["reports"]["rows"]
    first = rows["summarized"][0]
    rows["summarized"] = [
        {**first, "quantity": quantity, "cost_center_name": "" if name == "none" else name}
        for name, quantity in quantities.items()
    ]


def by_cost_center(run: Pipeline) -> dict[str, float]:
    found = run.values(QUANTITY)
    assert {labels[:3] + labels[4:] for labels in found} == {
        ("actions", "actions_linux", "org-a", "minutes")
    }
    return {labels[3]: value for labels, value in found.items()}


async def test_what_cost_centers_used_is_one_series_while_they_are_dropped(tmp_path: Path) -> None:
    """To the unit: with growth, a row that the vendor takes back, and the label taken back at last."""
    dropped = {"drop_labels": ["cost_center"]}
    async with Pipeline(USAGE_REPORTS, tmp_path) as run:
        bill(run, **{"cc-1": 10, "cc-2": 5, "none": 1})
        await run.poll()
        assert by_cost_center(run) == {"cc-1": 10, "cc-2": 5, "": 1}

    async with Pipeline(USAGE_REPORTS, tmp_path, options=dropped) as run:
        assert by_cost_center(run) == {"": 1}
        bill(run, **{"cc-1": 10, "cc-2": 5, "none": 1})
        await run.poll()
        assert by_cost_center(run) == {"": 1}
        bill(run, **{"cc-1": 14, "cc-2": 6, "none": 3})
        await run.poll(after=HOUR)
        assert by_cost_center(run) == {"": 1 + 4 + 1 + 2}
        bill(run, **{"cc-1": 14, "none": 3})
        await run.poll(after=HOUR)
        assert by_cost_center(run) == {"": 8}
        assert run.status.corrections == 4  # gross, discount, net and quantity
        bill(run, **{"cc-1": 21, "none": 3})
        await run.poll(after=HOUR)
        assert by_cost_center(run) == {"": 8 + (7 - 6)}

    async with Pipeline(USAGE_REPORTS, tmp_path) as run:
        assert by_cost_center(run) == {"cc-1": 10, "cc-2": 5, "": 9}
        bill(run, **{"cc-1": 25, "none": 3})
        await run.poll()
        assert by_cost_center(run) == {"cc-1": 14, "cc-2": 5, "": 9}
        assert sum(by_cost_center(run).values()) == 25 + 3


async def test_a_stream_has_its_own_limit_of_series(tmp_path: Path) -> None:
    """What does not fit is in `other`, told by the metric; more room lets it out, less takes none back."""

    async def polled(limit: int, **quantities: int) -> tuple[dict[str, float], int]:
        async with Pipeline(USAGE_REPORTS, tmp_path, options={"max_series": limit}) as run:
            run.vendor.bodies["reports"]["rows"] = {
                "summarized": run.vendor.bodies["reports"]["rows"]["summarized"]
            }
            bill(run, **quantities)
            await run.poll()
            folded = run.status.last_folded
            [told] = re.findall(
                r"^usage_exporter_series_folded_total{.*} (\d+)$", run.self_page(), re.MULTILINE
            )
            assert int(told) == folded
            return {labels[3]: value for labels, value in run.values(QUANTITY).items()}, folded

    shown, folded = await polled(1, **{"cc-1": 10, "cc-2": 5})
    assert shown == {OTHER: 15}
    assert folded > 0
    assert await polled(1_000, **{"cc-1": 11, "cc-2": 6}) == ({OTHER: 15, "cc-1": 1, "cc-2": 1}, 0)
    shown, folded = await polled(1, **{"cc-1": 12, "cc-2": 7, "cc-3": 4})
    assert shown == {OTHER: 15 + 4, "cc-1": 2, "cc-2": 2}
    assert folded > 0


async def test_a_bill_line_that_goes_is_paid_by_the_lines_that_are_left(tmp_path: Path) -> None:
    """The sum is the bill again once they have grown by as much; until then the line that went owes it."""
    case = Case(**{**vars(BILLING_USAGE), "options": {"budgets": False}})
    async with Pipeline(case, tmp_path) as run:
        items = run.vendor.bodies["usage"]["usageItems"]
        first, *_ = items
        other = {**first, "sku": "Actions Windows", "quantity": 5}
        run.vendor.bodies["usage"]["usageItems"] = [{**first, "quantity": 3}, other]
        await run.poll()
        run.vendor.bodies["usage"]["usageItems"] = [{**first, "quantity": 3}]
        await run.poll(after=HOUR)
        run.vendor.bodies["usage"]["usageItems"] = [{**first, "quantity": 7}]
        await run.poll(after=HOUR)
        found = {labels[1]: value for labels, value in run.values(BILLED).items()}
        assert found == {"Actions Linux": 3, "Actions Windows": 5}
        debts = {
            key[1][1]: series.debt
            for key, series in (await run.state()).ledger.items()
            if key[0] == BILLED
        }
        assert debts == {"Actions Linux": 0, "Actions Windows": 1}


def statuses(run: Pipeline) -> Mapping[str, float]:
    """Repositories by the status of their index, those that are 0 left out."""
    return +Counter({labels[-1]: int(value) for labels, value in run.values(STATUS).items()})


async def test_gauges_are_added_up_or_left_out(tmp_path: Path) -> None:
    """Repositories by status add up; when each was last indexed says nothing of them together."""
    options = {"drop_labels": ["repository", "team_name", "repo_type"]}
    async with Pipeline(TABNINE_REPOSITORIES, tmp_path, options=options) as run:
        await run.poll()
        assert statuses(run) == {"success": 1, "cloning": 1, "failed": 1}
        assert run.values(CONNECTED) == {("", ""): 3}
        assert run.values(INDEXED) == {}


@pytest.mark.parametrize(
    ("options", "team"), [({"drop_labels": ["team_name"]}, ""), ({"max_series": 1}, OTHER)]
)
async def test_a_gauge_that_a_walk_reads_by_part_is_the_sum_of_its_parts(
    options: dict[str, Any], team: str, tmp_path: Path
) -> None:
    """Also where the quota ends the walk between two teams, and again after the next walk."""
    async with Pipeline(TABNINE_REPOSITORIES, tmp_path, options=options) as run:
        run.vendor.bodies["teams"] = {"data": [{"id": i, "name": i} for i in "abc"]}
        repository = run.vendor.bodies["repositories"][0]
        rows = [{**repository, "repository_link": f"https://x/{n}"} for n in range(6)]
        run.vendor.bodies["repositories"] = {"a": rows[:1], "b": rows[1:3], "c": rows[3:]}
        limited = httpx.Response(429, headers={"retry-after": str(HOUR)})
        run.vendor.fail(lambda: limited, after=3, times=1)  # teams, a, b
        await run.poll()
        states = [run.status.state]
        assert sum(run.values(CONNECTED).values()) == 3
        await run.poll(after=2 * HOUR)
        states.append(run.status.state)
        assert states == [State.RATE_LIMITED, State.OK]
        for _ in range(2):
            found = {labels[0]: value for labels, value in run.values(CONNECTED).items()}
            assert (team in found, sum(found.values())) == (True, 6)
            # One team has the room that there is.
            assert len(found) == 1 + options.get("max_series", 0)
            await run.poll(after=HOUR)
