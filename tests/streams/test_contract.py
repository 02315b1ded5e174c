"""What every stream keeps, whatever its vendor: the page, counting, faults, people."""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import yaml

from exporter.client.errors import State
from exporter.model import MetricType
from exporter.poll.transform.privacy import Users
from exporter.store.store import OddAnswers
from exporter.vendors import VENDORS
from tests.client.support import Transport
from tests.streams.cases import CASES
from tests.streams.harness import SECRET, Case, Counted, Pipeline
from tests.streams.odd_rows import (
    AllOdd,
    Fails,
    Odd,
    OneMore,
    Recorder,
    Spot,
    are_rows,
    nothing,
    wrong_kind,
)

ROOT = Path(__file__).parents[2]
LONG = 3_600

Golden = Callable[[Path, str], None]
_Test = TypeVar("_Test", bound=Callable[..., Coroutine[Any, Any, None]])


of_every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def every_case(test: _Test) -> _Test:
    """Once for each case, on a loop of all: each brings threads, which take as long as what is tested."""
    marked: _Test = of_every_case(pytest.mark.asyncio(loop_scope="module")(test))
    return marked


@dataclass(frozen=True)
class Fault:
    """A way in which a vendor fails for good, and the state that it leads to."""

    name: str
    answer: Callable[[], httpx.Response]
    state: State


def _refused(status: int, **headers: str) -> Callable[[], httpx.Response]:
    message = f"refused for jane.doe@example.org with {SECRET}"
    return lambda: httpx.Response(status, json={"message": message}, headers=headers)


def _said(text: str, kind: str = "application/json") -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(200, content=text.encode(), headers={"content-type": kind})


def _cut_off() -> httpx.Response:
    headers = {"content-type": "application/json", "content-length": "5000"}
    return httpx.Response(200, headers=headers, stream=Transport([b'[{"items": [']))


FAULTS = (
    Fault("401", _refused(401), State.UNAUTHORIZED),
    Fault("403", _refused(403), State.FORBIDDEN),
    Fault("404", _refused(404), State.NOT_FOUND),
    Fault("422", _refused(422), State.ERROR),
    Fault("429 for long", _refused(429, **{"retry-after": str(LONG)}), State.RATE_LIMITED),
    Fault("500 for ever", _refused(500), State.UNAVAILABLE),
    Fault("503 for ever", _refused(503), State.UNAVAILABLE),
    Fault("body cut off", _cut_off, State.UNAVAILABLE),
    Fault("half a JSON", _said('{"items": [{"a": 1'), State.SCHEMA_ERROR),
    Fault("not JSON", _said("soon back"), State.SCHEMA_ERROR),
    Fault("HTML with 200", _said("<html>sign in</html>", "text/html"), State.SCHEMA_ERROR),
    Fault("null", _said("null"), State.SCHEMA_ERROR),
    Fault("another kind of JSON", _said('"items"'), State.SCHEMA_ERROR),
)


def _counted(case: Case) -> Counted:
    if case.counted is None:
        pytest.skip(f"{case.name} has no counter")
    return case.counted


def _value(run: Pipeline, counted: Counted) -> float:
    labels = next(m.labels for m in run.stream.metrics if m.name == counted.metric)
    value = run.value(counted.metric, *(counted.labels[name] for name in labels))
    assert value is not None
    return value


def _differs(case: Case, run: Pipeline) -> None:
    """Let the vendor have something that a committed poll would show."""
    if case.counted is not None:
        place = case.counted.place
        run.vendor.set(place, run.vendor.get(place) + 1_000)


@every_case
async def test_golden_page(case: Case, tmp_path: Path, golden: Golden) -> None:
    """The page after a poll of the fixtures is known to the byte, and no field is drift."""
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert run.status.drift == {}
        golden(case.golden(), run.page)
        shown = {m.name for m in run.stream.metrics if run.values(m.name)}
        people = case.users is not Users.OFF
        assert shown == {m.name for m in run.stream.metrics if people or not m.people}


@every_case
async def test_golden_page_of_a_baseline(case: Case, tmp_path: Path, golden: Golden) -> None:
    """The first poll is where counting starts: every counter is there, at 0."""
    async with Pipeline(case, tmp_path, count_history=False) as run:
        await run.poll()
        golden(case.golden(".baseline"), run.page)
        for metric in run.stream.metrics:
            if metric.type is MetricType.COUNTER:
                assert not any(run.values(metric.name).values())


@every_case
async def test_the_same_answers_again_change_no_byte(case: Case, tmp_path: Path) -> None:
    """Re-reading is free of effect, in the same process and after a restart."""
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        page = run.page
        await run.poll(after=run.job.options.interval)
        assert run.page == page
        await run.restart()
        assert run.page == page
        await run.poll(after=run.job.options.interval)
        assert run.page == page
        assert run.status.corrections == 0


@every_case
async def test_paging_ends_and_every_page_counts(case: Case, tmp_path: Path) -> None:
    """A vendor that gives one row a page leads to the same page of metrics, and to an end."""
    if case.paged is None:
        pytest.skip(f"{case.name} reads no list in pages")
    async with Pipeline(case, tmp_path) as whole:
        await whole.poll()
    (tmp_path / "paged").mkdir()
    async with Pipeline(case, tmp_path / "paged", options=case.paging) as run:
        run.vendor.most = 1
        await run.poll()
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert len(run.vendor.asked(case.paged)) > len(whole.vendor.asked(case.paged))
        assert run.page == whole.page


@every_case
async def test_an_empty_answer_is_a_state_and_invents_nothing(case: Case, tmp_path: Path) -> None:
    """Nothing there: the state is empty, gauges are absent, counters at most 0."""
    if not case.empty:
        pytest.skip(f"{case.name} always has something")
    async with Pipeline(case, tmp_path) as run:
        run.vendor.bodies.update(case.empty)
        await run.poll()
        assert run.status.state is State.EMPTY
        for metric in run.stream.metrics:
            values = run.values(metric.name)
            assert not any(values.values())
            assert metric.type is MetricType.COUNTER or not values


@every_case
@pytest.mark.parametrize("half_way", [False, True], ids=["at once", "half-way"])
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_a_failed_poll_changes_nothing(
    case: Case, fault: Fault, half_way: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Wherever it fails, page and store stay as they were; the state and its reason tell it.

    Neither reason nor log shows a person or the secret. The next good poll makes up for it.
    """
    if half_way and not case.whole:
        pytest.skip(f"{case.name} keeps what it read")
    caplog.set_level(logging.DEBUG, "exporter")
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        requests = len(run.vendor.requests)
        page, stored = run.page, await run.state()
        _differs(case, run)
        run.vendor.fail(fault.answer, after=requests - 1 if half_way else 0)
        await run.poll(after=run.job.options.interval)

        assert run.status.state is fault.state
        assert "/" in run.status.reason
        assert run.status.failures == {fault.state.value: 1}
        assert run.page == page
        odd = int(fault.state is State.SCHEMA_ERROR and run.stream.bucket is not None)
        assert await run.state() == replace(stored, odd=OddAnswers(polls=odd))
        assert f'state="{fault.state.value}",stream="{case.stream}"' in _active(run.self_page())
        _shows_nobody(case, run.status.reason + _logged(caplog))

        run.vendor.heal()
        await run.poll(after=2 * LONG)
        assert run.status.state is State.OK
        assert (run.page != page) is (case.counted is not None)


def _active(page: str) -> str:
    """The labels of the stream states that are 1, in the order of their names."""
    found = []
    for line in page.splitlines():
        if line.startswith("usage_exporter_stream_state{") and line.endswith(" 1"):
            labels = line.removeprefix("usage_exporter_stream_state{").removesuffix("} 1")
            found.append(",".join(sorted(labels.split(","))))
    return "\n".join(found)


def _logged(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(line for line in caplog.text.splitlines() if " logger=exporter." in line)


def _shows_nobody(case: Case, text: str) -> None:
    for secret in (SECRET, "jane.doe@example.org", *case.people):
        assert secret not in text


@every_case
@pytest.mark.parametrize(("status", "attempts"), [(401, 1), (403, 1), (404, 1), (500, 3), (503, 3)])
async def test_only_what_may_pass_is_tried_again(
    case: Case, status: int, attempts: int, tmp_path: Path
) -> None:
    """A refusal ends the poll at once; a vendor that is down gets a few tries."""
    async with Pipeline(case, tmp_path) as run:
        run.vendor.fail(_refused(status))
        await run.poll()
        first = 1 if status == 401 else case.first_asked
        assert len(run.vendor.requests) == attempts * first


@every_case
@pytest.mark.parametrize("half_way", [False, True], ids=["at once", "half-way"])
@pytest.mark.parametrize(
    ("answer", "waits"),
    [(_refused(503), 0), (_cut_off, 0), (_refused(429, **{"retry-after": "30"}), 30)],
    ids=["503", "body cut off", "429 for 30 s"],
)
async def test_a_passing_fault_is_waited_out(
    case: Case,
    answer: Callable[[], httpx.Response],
    waits: int,
    half_way: bool,
    tmp_path: Path,
) -> None:
    """One bad answer is tried again after its time, and nothing is counted twice."""
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        page, requests, began = run.page, len(run.vendor.requests), run.clock.now
        run.vendor.fail(answer, after=requests - 1 if half_way else 0, times=1)
        await run.poll()
        assert run.status.state is State.OK
        assert run.page == page
        assert run.clock.now >= began + waits


@every_case
async def test_a_used_up_quota_is_left_alone_until_its_time(case: Case, tmp_path: Path) -> None:
    """After `Retry-After` of an hour no request leaves before the hour is over."""
    async with Pipeline(case, tmp_path) as run:
        run.vendor.fail(_refused(429, **{"retry-after": str(LONG)}), times=1)
        states, requests = [], []
        for wait in (0, LONG / 2, LONG):
            await run.poll(after=wait)
            states.append(run.status.state)
            requests.append(len(run.vendor.requests))
            if not wait:
                assert run.status.retry_at == pytest.approx(run.clock.now + LONG, abs=1)
        assert states == [State.RATE_LIMITED, State.RATE_LIMITED, State.OK]
        assert requests[0] == requests[1] < requests[2]


def _is_row(case: Case, run: Pipeline) -> bool:
    """Whether the record with the required field is one of several rows."""
    rows = run.vendor.get(case.required.record.record)
    return len(rows) > 1 and are_rows(rows)


async def _costs_its_row_only(case: Case, run: Pipeline, *, is_row: bool) -> None:
    """The row, or where it is not in a row, the poll; either way the place is named."""
    await run.poll()
    name = case.required.name
    if is_row:
        assert (run.status.state, run.status.reason) == (State.OK, "")
        assert [field.split(".")[-1] for field in run.status.rejected.elements()] == [name]
        return
    assert run.status.state is State.SCHEMA_ERROR
    assert name in run.status.reason
    assert "$" in run.status.reason
    assert run.status.reason.removeprefix("a user: ").startswith("/")
    assert run.page == ""
    assert (await run.state()).last_success is None


@every_case
async def test_a_missing_required_field_costs_its_row_only(case: Case, tmp_path: Path) -> None:
    """Outside of rows it is a schema error, whose reason names endpoint and field; nothing counts."""
    async with Pipeline(case, tmp_path) as run:
        is_row = _is_row(case, run)
        run.vendor.remove(case.required)
        await _costs_its_row_only(case, run, is_row=is_row)


@every_case
@pytest.mark.parametrize("value", ["zweihundert", -1, 1.5, None, [1]], ids=repr)
async def test_a_field_of_another_type_costs_its_row_only(
    case: Case, value: object, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The place is named, never the value."""
    async with Pipeline(case, tmp_path) as run:
        if isinstance(value, str) and isinstance(run.vendor.get(case.required), str):
            pytest.skip("one text is as good as another")
        if value is None and case.null_is_missing:
            pytest.skip("null says that there is nothing yet")
        is_row = _is_row(case, run)
        run.vendor.set(case.required, value)
        await _costs_its_row_only(case, run, is_row=is_row)
        assert "zweihundert" not in run.status.reason + run.self_page() + _logged(caplog)


_known_spots: dict[str, tuple[str, list[Spot]]] = {}


async def _spots(case: Case, directory: Path) -> tuple[str, list[Spot]]:
    """The page of a good poll, and where its answers have rows that the stream reads."""
    if case.name not in _known_spots:
        _known_spots[case.name] = await _find_spots(case, directory)
    return _known_spots[case.name]


async def _find_spots(case: Case, directory: Path) -> tuple[str, list[Spot]]:
    recorder = Recorder()
    async with Pipeline(case, _made(directory / "good")) as good:
        good.vendor.alter = recorder
        await good.poll()
    found = []
    readable = [spot for spot in recorder.spots if spot.route not in case.never_odd]
    for number, spot in enumerate(readable):
        async with Pipeline(case, _made(directory / f"spot {number}")) as run:
            run.vendor.alter = AllOdd(spot, None)
            await run.poll()
            if run.status.state is not State.OK or run.status.rejected:
                found.append(spot)
    assert found
    return good.page, found


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


@every_case
@pytest.mark.parametrize("odd", [wrong_kind, nothing], ids=lambda odd: odd.__name__)
async def test_an_odd_row_costs_itself_only(
    case: Case, odd: Odd, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Beside good ones, wherever an answer has rows: the rest counts, and one is told as rejected."""
    page, spots = await _spots(case, tmp_path)
    for number, spot in enumerate(spots):
        caplog.clear()
        async with Pipeline(case, _made(tmp_path / str(number))) as run:
            run.vendor.alter = one_more = OneMore(spot, odd)
            await run.poll()
            assert (run.status.state, run.status.reason) == (State.OK, ""), spot
            [name] = run.status.rejected.elements()
            assert odd is nothing or name.split(".")[-1] in one_more.row, spot
            assert f'field="{name}"}} 1\n' in _rejected(run.self_page())
            assert run.page == page, spot
            assert _logged(caplog).count("left out") == 1


def _rejected(page: str) -> str:
    return "".join(
        f"{line}\n"
        for line in page.splitlines()
        if line.startswith("usage_exporter_records_rejected_total{")
    )


@every_case
async def test_odd_rows_alone_are_a_schema_error(case: Case, tmp_path: Path) -> None:
    """The API has changed: nothing of it counts, until it is as it was."""
    _, spots = await _spots(case, tmp_path)
    for number, spot in enumerate(spot for spot in spots if spot.is_outer):
        async with Pipeline(case, _made(tmp_path / str(number))) as run:
            await run.poll()
            page = run.page
            run.vendor.alter = AllOdd(spot, wrong_kind)
            await run.poll(after=run.job.options.interval)
            assert run.status.state is State.SCHEMA_ERROR, spot
            assert "records cannot be read" in run.status.reason
            if spot.route not in (*case.parts.values(), *case.part_files, *case.members):
                assert run.page == page, spot
            assert not run.status.rejected


NO_PART = (
    ("403", _refused(403), State.FORBIDDEN),
    ("404", _refused(404), State.NOT_FOUND),
    ("500", _refused(500), State.UNAVAILABLE),
    ("null", _said("null"), State.SCHEMA_ERROR),
)


@every_case
@pytest.mark.parametrize(("answer", "state"), [f[1:] for f in NO_PART], ids=[f[0] for f in NO_PART])
async def test_an_optional_part_that_fails_costs_itself_only(
    case: Case, answer: Callable[[], httpx.Response], state: State, tmp_path: Path
) -> None:
    """It is the state, by its name; its gauges are absent, its counters stay, all else is as ever."""
    if not case.parts:
        pytest.skip(f"{case.name} can do without nothing")
    for path in sorted({*case.parts.values()}):
        parts = {part for part in case.parts if case.parts[part] == path}
        pages = []
        for good in (True, False):
            async with Pipeline(case, _made(tmp_path / f"{path.replace('/', ' ')} {good}")) as run:
                if good:
                    await run.poll()
                    whole = run.page
                run.vendor.alter = Fails(path, answer)
                await run.poll(after=run.job.options.interval)
                named = {part for part in parts if part in run.status.reason}
                assert (run.status.state, named) == (state, parts)
                pages.append(run.page)
                counters = {m.name for m in run.stream.metrics if m.type is MetricType.COUNTER}
        after, first = (set(page.splitlines()) for page in pages)
        assert _series(after) <= _series(set(whole.splitlines())), parts
        assert _of(counters, after) == _of(counters, set(whole.splitlines())), parts
        assert after - _of(counters, after) == first - _of(counters, first), parts


def _series(lines: set[str]) -> set[str]:
    """The lines without their values."""
    return {line if line[0] == "#" else line.rpartition(" ")[0] for line in lines}


def _of(metrics: set[str], lines: set[str]) -> set[str]:
    """The lines of a page that belong to some metrics."""
    return {
        line
        for line in lines
        if line.replace("{", " ").split()[2 if line[0] == "#" else 0] in metrics
    }


@every_case
async def test_an_unknown_field_is_drift(case: Case, tmp_path: Path) -> None:
    """A field that no record knows changes nothing but the count of drift under its name."""
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        page = run.page
        run.vendor.get(case.required.record)["brandNew"] = {"a": 1}
        await run.poll()
        assert run.status.state is State.OK
        assert run.status.drift["brandNew"] >= 1
        assert run.page == page
        assert 'field="brandNew"' in run.self_page()


@every_case
async def test_a_revision_upwards_counts_the_difference(case: Case, tmp_path: Path) -> None:
    """A bucket that grew adds what it grew by, and no more when it is read again."""
    counted = _counted(case)
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        value = _value(run, counted)
        run.vendor.set(counted.place, run.vendor.get(counted.place) + 7)
        for _ in range(2):
            await run.poll()
            assert _value(run, counted) == value + 7
        assert run.status.corrections == 0


@every_case
async def test_a_revision_downwards_is_a_correction(case: Case, tmp_path: Path) -> None:
    """The counter stays, the correction is counted, and later growth first pays for it."""
    counted = _counted(case)
    async with Pipeline(case, tmp_path) as run:
        await run.poll()
        value, given = _value(run, counted), run.vendor.get(counted.place)
        run.vendor.set(counted.place, given - 5)
        await run.poll()
        assert _value(run, counted) == value
        corrections = run.status.corrections
        assert corrections >= 1
        assert "usage_exporter_corrections_total" in run.self_page()

        await run.restart()
        for now, expected in ((given - 2, value), (given, value), (given + 3, value + 3)):
            run.vendor.set(counted.place, now)
            await run.poll()
            assert _value(run, counted) == expected
        assert run.status.corrections == 0


@every_case
async def test_nobody_is_shown_by_default(
    case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No person is on the page, in a log line or in the status, and no family of people exists."""
    caplog.set_level(logging.DEBUG, "exporter")
    async with Pipeline(case, tmp_path, users=Users.OFF) as run:
        await run.poll()
        _shows_nobody(case, run.page + run.self_page() + repr(run.status) + _logged(caplog))
        assert "@" not in run.page
        assert not any(run.values(m.name) for m in run.stream.metrics if m.people)


@every_case
async def test_pseudonyms_stand_for_people(
    case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Families of people exist with keyed hashes; names are nowhere."""
    caplog.set_level(logging.DEBUG, "exporter")
    async with Pipeline(case, tmp_path, users=Users.PSEUDONYM) as run:
        await run.poll()
        _shows_nobody(case, run.page + run.self_page() + repr(run.status) + _logged(caplog))
        for metric in run.stream.metrics:
            if metric.people:
                people = [labels[0] for labels in run.values(metric.name)]
                assert people
                assert all(person.startswith("p_") for person in people)


@every_case
async def test_people_are_shown_where_they_are_asked_for(
    case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With `users: plain` every family of people has series and names are as the vendor says."""
    caplog.set_level(logging.DEBUG, "exporter")
    async with Pipeline(case, tmp_path, users=Users.PLAIN) as run:
        await run.poll()
        for metric in run.stream.metrics:
            assert run.values(metric.name)
        shown = any(metric.people or metric.names_people for metric in run.stream.metrics)
        for person in case.people:
            assert (f'"{person}"' in run.page) is shown
        assert not any(person in _logged(caplog) for person in case.people)


every_stream = pytest.mark.parametrize(
    ("vendor", "stream"),
    [(vendor.name, stream.name) for vendor in VENDORS for stream in vendor.streams],
)


@every_stream
def test_every_stream_has_a_case(vendor: str, stream: str) -> None:
    """A stream without an entry in the table would escape all tests above."""
    [case] = [case for case in CASES if (case.vendor, case.stream) == (vendor, stream)]
    assert any(case.fixtures.iterdir())


@every_stream
def test_every_stream_is_in_the_example(vendor: str, stream: str) -> None:
    """A newcomer finds the stream's block in the example configuration."""
    example = yaml.safe_load((ROOT / "config.example.yaml").read_text(encoding="utf-8"))
    targets = [target for target in example["targets"] if target["vendor"] == vendor]
    assert any(stream in target["streams"] for target in targets)


@every_stream
def test_every_stream_is_documented(vendor: str, stream: str) -> None:
    """The vendor's document tells about the stream."""
    text = (ROOT / "docs" / "vendors" / f"{vendor}.md").read_text(encoding="utf-8")
    assert f"`{stream}`" in text
