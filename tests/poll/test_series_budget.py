"""A budget of series and a choice of labels lose nothing, whatever the history of polls and restarts."""

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from exporter.exposition.exposition import Exposition
from exporter.exposition.render import Format
from exporter.model import DAY, HOUR, OTHER, Coverage, Metric, MetricType, Sample, StreamKey
from exporter.poll.exposure import Exposure
from exporter.poll.job import Counting, Job
from exporter.poll.poller import Poller
from exporter.poll.transform.privacy import Privacy, Users
from exporter.streams.contract import Batch
from exporter.streams.options import CountingOptions
from exporter.streams.source import Source
from exporter.telemetry.self_metrics import METRICS as SELF_METRICS
from exporter.telemetry.status import StreamStatus, TargetStatus
from tests import one_thread
from tests.clock import ManualClock
from tests.poll.fake_job import fake_job
from tests.state_file import new_directory, open_store

TODAY = 1_767_571_200
"""2026-01-05T00:00:00Z."""
NOON = float(TODAY + 12 * HOUR)

LINES = Metric("fake_lines_total", MetricType.COUNTER, "Lines.", ("repository", "source"))
TOKENS = Metric(
    "fake_tokens_total",
    MetricType.COUNTER,
    "Tokens.",
    ("model", "kind"),
    foldable_labels=("model",),
)
METRICS = (LINES, TOKENS)

Row = tuple[Metric, tuple[str, str], int, str]
"""Metric, labels, bucket and key: what a value belongs to."""
Shown = dict[tuple[str, ...], float]

rows = st.one_of(
    st.tuples(
        st.just(LINES),
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["tab", "ai"])),
        st.sampled_from([TODAY - DAY, TODAY]),
        st.just(""),
    ),
    st.sampled_from("wxyz").flatmap(
        lambda name: st.tuples(
            st.just(TOKENS),
            st.just((name, "in")),
            st.sampled_from([TODAY - DAY, TODAY]),
            st.just(f"id-{name}"),
        )
    ),
)
limits = st.integers(1, 9)
all_labels = st.just(())
choices = st.sampled_from([(), ("source",), ("repository", "model"), ("kind",)])
laws = settings(deadline=None, max_examples=20)


@dataclass(frozen=True)
class Step:
    """What changes before a poll, and under which options it happens."""

    changes: dict[Row, int]
    limit: int
    dropped: tuple[str, ...]
    restart: bool


def steps(amounts: st.SearchStrategy[int], dropped: Any) -> Any:
    """Histories of polls."""
    step = st.builds(
        Step, st.dictionaries(rows, amounts, max_size=8), limits, dropped, st.booleans()
    )
    return st.lists(step, min_size=1, max_size=5)


@dataclass
class Exporter:
    """A stream that finds `found`, polled by a real poller into a real store."""

    directory: Path
    count_history: bool = True
    found: dict[Row, int] = field(default_factory=dict)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOON))
    corrections: int = 0
    folded: int = 0

    def start(self) -> None:
        self.store = open_store(self.directory / "state.db", self.clock.time())
        self.board = Exposition([*METRICS, *SELF_METRICS], clock=self.clock)
        counting = Counting(Exposure(0, DAY, self.clock.time()), self.count_history, 10_000)
        self.poller = Poller(self.store, self.board, Privacy(Users.OFF), counting, self.clock)

    async def restart(self) -> None:
        await self.store.close()
        self.start()

    async def poll(self, limit: int | None = None, dropped: tuple[str, ...] = ()) -> Shown:
        """Poll once with these options of the stream; what the page shows then."""
        job = self._job(limit, dropped)
        await self.poller.restore(job)
        await self.poller.poll(job)
        assert job.status.reason == ""
        self.corrections += job.status.corrections
        self.folded += job.status.folded
        await self.board.flush()
        text = self.board.page.select([metric.name for metric in METRICS], Format.PLAIN).decode()
        return {
            (
                sample.name,
                *(value for name, value in sample.labels.items() if name != "account"),
            ): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    async def counted(self) -> tuple[Counter[str], Counter[str]]:
        """All that is kept, by metric: the counters, and the counters less what they owe."""
        counters, net = Counter[str](), Counter[str]()
        for (name, _), series in (await self.store.load(KEY)).ledger.items():
            counters[name] += int(series.counter)
            net[name] += int(series.counter - series.debt)
        return +counters, +net

    def _job(self, limit: int | None, dropped: tuple[str, ...]) -> Job:
        options = CountingOptions.model_validate(
            {"lookback": "2d", "max_series": limit, "drop_labels": dropped}
        )
        status = StreamStatus(KEY, 300)
        watched = TargetStatus("fake", "acme", streams={KEY.stream: status})
        return fake_job(METRICS, self._read, options, status, watched)

    async def _read(self, source: Source[Any, Any]) -> AsyncGenerator[Batch, None]:
        samples = [
            Sample(metric, labels, value, bucket, key=key)
            for (metric, labels, bucket, key), value in self.found.items()
        ]
        source.records += len(samples)
        yield Batch(samples, covers=[Coverage(METRICS, source.window)])


KEY = StreamKey("fake", "acme", "lines")


async def _run(
    history: Sequence[Step], directory: Path, *, budget: bool, grow: bool, count_history: bool
) -> tuple[list[Shown], list[tuple[Counter[str], Counter[str]]]]:
    exporter = Exporter(directory, count_history)
    exporter.start()
    shown, counted = [], []
    for step in history:
        if step.restart:
            await exporter.restart()
        for row, amount in step.changes.items():
            exporter.found[row] = amount + (exporter.found.get(row, 0) if grow else 0)
        bounds = (step.limit, step.dropped) if budget else (None, ())
        shown.append(await exporter.poll(*bounds))
        counted.append(await exporter.counted())
    await exporter.store.close()
    if grow:
        assert exporter.corrections == 0
    return shown, counted


def _twice(history: Sequence[Step], *, grow: bool, count_history: bool) -> Any:
    """The history with its budgets and choices, and without any."""
    results = []
    for budget in (True, False):
        with new_directory() as directory:
            run = _run(history, directory, budget=budget, grow=grow, count_history=count_history)
            results.append(one_thread.run(run))
    return results


@laws
@given(steps(st.integers(0, 20), all_labels), st.booleans())
def test_what_only_grows_is_counted_as_if_there_were_no_budget(
    history: list[Step], count_history: bool
) -> None:
    """The sum over a family is the same after every poll, nothing shown falls or goes, and what a
    series grows by since it is on the page is its own growth, none of which `other` has.
    """
    (shown, counted), (whole, true) = _twice(history, grow=True, count_history=count_history)
    assert counted == true
    for step, page in enumerate(shown):
        for series in page:
            assert OTHER in series or series in whole[step]
        if not step:
            continue
        for series, before in shown[step - 1].items():
            assert page[series] >= before
            if OTHER not in series:
                growth = whole[step][series] - whole[step - 1][series]
                assert page[series] - before == growth


@laws
@given(steps(st.integers(0, 20), all_labels), st.booleans())
def test_what_the_vendor_corrects_is_owed_as_if_there_were_no_budget(
    history: list[Step], count_history: bool
) -> None:
    """Less what they owe, the counters of a family add up to the same, and none that is shown falls."""
    (shown, counted), (_, true) = _twice(history, grow=False, count_history=count_history)
    assert [net for _, net in counted] == [net for _, net in true]
    for earlier, later in pairwise(shown):
        assert all(later[series] >= value for series, value in earlier.items())


@laws
@given(steps(st.integers(0, 20), choices), st.booleans())
def test_another_choice_of_labels_counts_nothing_twice(
    history: list[Step], count_history: bool
) -> None:
    """However often the labels and the limit change: every unit is counted once, none is owed."""
    (shown, counted), (_, true) = _twice(history, grow=True, count_history=count_history)
    assert counted == true
    for step, page in zip(history, shown, strict=True):
        for series in page:
            metric = next(metric for metric in METRICS if metric.name == series[0])
            for name, value in zip(metric.labels, series[1:], strict=True):
                assert not value or name not in step.dropped


@laws
@given(steps(st.integers(0, 20), choices), st.booleans())
def test_corrections_meet_any_choice_of_labels(history: list[Step], count_history: bool) -> None:
    """What was counted under one choice is taken back under another."""
    (_, counted), (_, true) = _twice(history, grow=False, count_history=count_history)
    assert [net for _, net in counted] == [net for _, net in true]
