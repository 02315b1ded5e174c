"""Every stream's own read under spoilt answers and spoilt memories: batches that hold, or a PollError."""

import json
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from decimal import Decimal
from math import isfinite
from pathlib import Path
from random import Random
from typing import Any

import httpx

from exporter.client.errors import PollError
from exporter.exposition.render import render
from exporter.model import DAY, Metric, MetricType, Point, Sample
from exporter.poll.baseline import Fresh
from exporter.poll.ledger import Ledger, count
from exporter.poll.transform.budget import fold, gather
from exporter.poll.transform.labels import LabelChoice
from exporter.poll.transform.privacy import Privacy, Users
from exporter.poll.windows import window
from exporter.streams.contract import Batch
from exporter.streams.source import Source
from tests.fuzz import damage
from tests.fuzz.campaign import Attempt, BrokenPromiseError
from tests.streams.harness import KEY, SECRET, Case, FakeVendor, Pipeline, unix

MOST_REQUESTS = 12_000
"""More than one list may take in pages; a read that asks for more never ends."""


class SpoiltVendor(FakeVendor):
    """The fake vendor, some of whose answers are damaged while `spoil` is set."""

    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self._spoil: Random | None = None
        self._chance = 0.0

    def spoil(self, random: Random | None) -> None:
        """Damage answers, or with None answer well again; requests are counted anew."""
        self.requests.clear()
        self._spoil = random
        self._chance = random.choice((0.1, 0.3, 1.0)) if random else 0.0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if len(self.requests) > MOST_REQUESTS:
            raise BrokenPromiseError(f"more than {MOST_REQUESTS} requests in one read")
        try:
            response = super().__call__(request)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            # What is asked follows from a damaged answer: no real vendor has that.
            response = httpx.Response(404, json={"message": "no such thing"})
        if self._spoil is None or self._spoil.random() >= self._chance:
            return response
        return spoilt(self._spoil, response)


def spoilt(random: Random, response: httpx.Response) -> httpx.Response:
    """The same answer with a damaged body.

    It loses its ETag: nobody could tell a wrong number under a good ETag, which stays "not modified".
    """
    body = response.content
    kind = response.headers.get("content-type", "")
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in ("content-length", "content-encoding", "etag")
    }
    if not body or random.random() < 0.25:
        body = damage.shuffled_bytes(random, body)
    elif "json" in kind:
        body = damage.document(random, json.loads(body))
    elif "csv" in kind:
        body = _cells(random, body)
    else:
        lines = body.splitlines(keepends=True)
        at = random.randrange(len(lines))
        lines[at] = damage.document(random, json.loads(lines[at])) + b"\n"
        body = b"".join(lines)
    return httpx.Response(response.status_code, headers=headers, content=body)


def reads_of(case: Case) -> Callable[[Path], AbstractAsyncContextManager[Attempt]]:
    """Reads of a stream whose vendor's answers are damaged."""

    @asynccontextmanager
    async def opened(directory: Path) -> AsyncIterator[Attempt]:
        async with _pipeline(case, directory) as (run, vendor):

            async def attempt(random: Random) -> str:
                vendor.spoil(random)
                return await _read(run, {}, people=random.random() < 0.5)

            yield attempt

    return opened


def memories_of(case: Case) -> Callable[[Path], AbstractAsyncContextManager[Attempt]]:
    """Reads of a stream whose memory was damaged, or left by another version."""

    @asynccontextmanager
    async def opened(directory: Path) -> AsyncIterator[Attempt]:
        async with _pipeline(case, directory) as (run, vendor):
            kept = [dict(batch.memory or {}) async for batch in _batches(run, {}, people=True)]
            memory = json.loads(json.dumps({"pages": [1], "day": None, **kept[-1]}))

            async def attempt(random: Random) -> str:
                vendor.spoil(None)
                try:
                    damaged = json.loads(damage.document(random, memory))
                except (ValueError, RecursionError):
                    return "not JSON"
                remembered = damaged if isinstance(damaged, dict) else {"newest": damaged}
                return await _read(run, remembered, people=True)

            yield attempt

    return opened


@asynccontextmanager
async def _pipeline(case: Case, directory: Path) -> AsyncIterator[tuple[Pipeline, SpoiltVendor]]:
    run = Pipeline(case, directory, users=Users.PLAIN)
    vendor = SpoiltVendor(case)
    run.vendor = vendor
    async with run:
        yield run, vendor


async def _read(run: Pipeline, memory: Mapping[str, Any], *, people: bool) -> str:
    source = _source(run, memory, people=people)
    try:
        async with aclosing(run.job.stream.read(source)) as batches:
            async for batch in batches:
                holds(run, batch)
    except PollError as error:
        told = run.job.stream.explain(error)
        str(told).encode()
        if SECRET in str(told):
            raise BrokenPromiseError("the message tells the secret") from error
        return told.state.value
    return "partly read" if source.problem else "read"


async def _batches(
    run: Pipeline, memory: Mapping[str, Any], *, people: bool
) -> AsyncGenerator[Batch, None]:
    async with aclosing(run.job.stream.read(_source(run, memory, people=people))) as batches:
        async for batch in batches:
            yield batch


def _source(run: Pipeline, memory: Mapping[str, Any], *, people: bool) -> Source[Any, Any]:
    job = run.job
    # Quotas of the attempt before are over, and what it kept is of no use.
    run.clock.now += 2 * DAY
    job.client.forget()
    now = unix(run.case.now)
    return Source(
        client=job.client,
        target=job.target,
        options=job.options,
        window=window(job.reach, now, None, None),
        now=now,
        people=people,
        memory=memory,
    )


def holds(run: Pipeline, batch: Batch) -> None:
    """What was read can be counted, kept and shown; raises BrokenPromiseError."""
    for sample in batch.samples:
        _sound(sample)
    metrics = run.job.metrics
    for privacy in (Privacy(Users.PLAIN, KEY), Privacy(Users.PSEUDONYM, KEY), Privacy(Users.OFF)):
        samples = list(LabelChoice().apply(privacy.apply(batch.samples)))
        gathered, _ = fold(gather(samples), (), 5)
        ledger: Ledger = {}
        covers = privacy.covered(batch.covers)
        count(ledger, gathered.counters, covers, oldest_kept=0, baseline=Fresh(), now=0.0)
        for (name, labels), series in ledger.items():
            if not series.counter >= 0:
                raise BrokenPromiseError(f"{name} is {series.counter}")
            _shown(metrics[name], labels, series.counter)
        for (name, labels), values in gathered.gauges.items():
            for value in values.values():
                _shown(metrics[name], labels, value)


_CREDITED = ("github_billing_", "github_usage_report_", "github_ai_credit_", "github_premium_")
"""Bills: a credit note is a line below zero."""


def _sound(sample: Sample) -> None:
    metric, labels, value, bucket, partition, key = sample
    if len(labels) != len(metric.labels):
        raise BrokenPromiseError(f"{metric.name} has the labels {labels}")
    for text in (*labels, partition, key):
        text.encode()
    if not isfinite(value):
        raise BrokenPromiseError(f"{metric.name} is {value}")
    if metric.type is not MetricType.COUNTER:
        return
    least = -math.inf if metric.name.startswith(_CREDITED) else 0
    if value < least or not isinstance(value, int | Decimal) or not isinstance(bucket, int):
        raise BrokenPromiseError(f"the counter {metric.name} is {value!r} in {bucket!r}")


def _shown(metric: Metric, labels: tuple[str, ...], value: Any) -> None:
    scope = ("x",) * len(metric.scope.labels)
    render(metric, [Point((*scope, *labels), value)]).plain.decode()


def _cells(random: Random, body: bytes) -> bytes:
    """A table with some cells exchanged."""
    rows = [line.split(",") for line in body.decode().splitlines()]
    for _ in range(random.randrange(1, 6)):
        row = random.choice(rows)
        at = random.randrange(len(row))
        kind = random.randrange(6)
        if kind == 0:
            del row[at]
        elif kind == 1:
            row.insert(at, row[at])
        elif kind == 2:
            row[at] = f'"{damage.text(random)}"'
        elif kind == 3:
            row[at] = random.choice(damage.RAW_NUMBERS)
        else:
            row[at] = damage.text(random)
        if not row:
            row.append("")
    return "\r\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")
