"""With `users: off` and with pseudonyms, nobody is found anywhere that the exporter writes to."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from exporter.exposition.render import Format
from exporter.poll.transform.privacy import Users
from tests.streams.cases import CASES
from tests.streams.harness import Case, FakeVendor, Pipeline, Place

every_stream = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
hidden = pytest.mark.parametrize("users", [Users.OFF, Users.PSEUDONYM])

STRANGER = "Wanda Walrus"
"""A person whom no fixture knows."""

_NAMES = {
    *("email", "username", "userEmail", "userId", "user_login", "displayName", "ipAddress"),
    *("user", "alert_recipients"),
}
"""The fields of the fixtures that name persons, whoever else is in the record."""


def named(body: Any) -> Iterator[str]:
    """Every text of a body that names a person."""
    if isinstance(body, list):
        for item in body:
            yield from named(item)
    elif isinstance(body, dict):
        person = "email" in body or body.get("type") == "User" or "username" in body
        for key, value in body.items():
            if key in _NAMES or (person and key in ("id", "login", "node_id")):
                yield from (str(item) for item in (value if isinstance(value, list) else [value]))
            yield from named(value)


def recognizable(case: Case, vendor: FakeVendor) -> set[str]:
    """Give the persons of the fixtures numbers that nothing else has; returns all that names them."""
    numbers: dict[int, int] = {}

    def renumber(body: Any) -> None:
        for item in body if isinstance(body, list) else ():
            renumber(item)
        if isinstance(body, dict):
            for key, value in body.items():
                person = {"id": body.get("type") == "User", "user_id": True}
                person["subject_id"] = body.get("subject_type") == "user"
                if person.get(key) and isinstance(value, int):
                    body[key] = numbers.setdefault(value, 770_077_000_001 + len(numbers))
                renumber(value)

    for body in vendor.bodies.values():
        renumber(body)
    texts = {text for body in vendor.bodies.values() for text in named(body)}
    known = {text for text in texts if len(text) > 3 and text != "None"}
    return {*case.people, *known, *map(str, numbers.values())}


def written(run: Pipeline, directory: Path, log: pytest.LogCaptureFixture) -> dict[str, str]:
    """All that the exporter wrote and shows, by where."""
    places = {
        "page": run.board.page.select([], Format.PLAIN).decode() + run.page + run.self_page(),
        "reason": run.status.reason,
        "log": "\n".join(
            line.getMessage() + (line.exc_text or str(line.exc_info or "")) for line in log.records
        ),
    }
    for path in directory.glob("state.db*"):
        places[path.name] = path.read_bytes().decode("utf-8", "replace")
    return places


def found(places: Mapping[str, str], people: set[str]) -> set[tuple[str, str]]:
    """Who was found, and where. JSON writes what is not ASCII in another way."""
    return {
        (person, where)
        for where, text in places.items()
        for person in people
        if person in text or json.dumps(person)[1:-1] in text
    }


def refusals(people: set[str]) -> Iterator[Callable[[], httpx.Response]]:
    """What a vendor can answer instead of data, with people in it."""
    somebody = next((person for person in sorted(people) if "@" in person), "walrus@example.com")
    for status in (401, 403, 404, 422, 429, 500):
        body = {"message": f"refused for {somebody}"}
        yield partial(httpx.Response, status, json=body)
    rows = json.dumps([{"login": person, "email": person} for person in sorted(people)])
    for content in (rows[: len(rows) // 2], rows, f"{{{rows}: 1}}", f"<html>{rows}</html>"):
        yield partial(httpx.Response, 200, text=content)


@every_stream
@hidden
async def test_nobody_is_found_after_good_and_bad_answers(
    case: Case, users: Users, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """On the page, in the state file, the log and the reasons, over refusals and a restart."""
    caplog.set_level(logging.DEBUG)
    run = Pipeline(case, tmp_path, users=users)
    people = recognizable(case, run.vendor)
    async with run:
        await run.poll()
        assert found(written(run, tmp_path, caplog), people) == set()
        for refusal in refusals(people):
            run.vendor.fail(refusal)
            await run.poll(after=run.job.options.interval)
            assert found(written(run, tmp_path, caplog), people) == set()
        run.vendor.heal()
        await run.poll(after=run.job.options.interval)
        await run.restart()
        await run.poll(after=run.job.options.interval)
        assert found(written(run, tmp_path, caplog), people) == set()


def leaves(case: Case) -> list[Place]:
    """A place of every kind in the fixtures: what lists repeat comes once."""
    kinds: dict[tuple[str, ...], Place] = {}

    def search(fixture: str, path: tuple[str | int, ...], body: Any) -> None:
        if isinstance(body, (list, dict)) and body:
            items = enumerate(body) if isinstance(body, list) else body.items()
            for key, value in items:
                search(fixture, (*path, key), value)
        elif path:
            kind = (fixture, *("" if isinstance(step, int) else step for step in path))
            kinds.setdefault(kind, Place(fixture, path))

    for fixture, body in FakeVendor(case).bodies.items():
        search(fixture, (), body)
    return list(kinds.values())


@every_stream
async def test_an_error_never_quotes_what_stood_in_the_field(
    case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A person's name in any field: neither reason, log nor traceback has it; nor has the page or the
    state file, where the field is none for texts.
    """
    caplog.set_level(logging.DEBUG)
    wrong = {}
    for number, place in enumerate(leaves(case)):
        directory = tmp_path / str(number)
        directory.mkdir()
        run = Pipeline(case, directory, users=Users.OFF)
        before = run.vendor.get(place)
        if isinstance(before, str) and before.startswith("https://"):
            continue  # where to ask next; the vendor itself may quote it when it refuses
        text = isinstance(before, str)
        run.vendor.set(place, STRANGER)
        caplog.clear()
        async with run:
            await run.poll()
            places = written(run, directory, caplog)
        if text:
            places = {where: places[where] for where in ("reason", "log")}
        if told := found(places, {STRANGER}):
            wrong[place] = told, run.status.reason
    assert [f"{place.fixture} {place.path}: {told}" for place, told in wrong.items()] == []


async def test_a_field_named_after_a_person_is_not_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Unknown fields are counted by name, and some vendors key their records by address."""
    caplog.set_level(logging.DEBUG)
    case = next(case for case in CASES if case.stream == "rate_limit")
    run = Pipeline(case, tmp_path, users=Users.OFF)
    run.vendor.bodies["rate_limit"]["walrus@example.com"] = {"limit": 1}
    async with run:
        await run.poll()
        assert 'field="other"' in run.self_page()
        assert found(written(run, tmp_path, caplog), {"walrus@example.com"}) == set()


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.people], ids=lambda case: case.name
)
@hidden
async def test_who_was_shown_is_in_no_byte_of_the_state_file_afterwards(
    case: Case, users: Users, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in rows, nor in pages that were freed, nor in the write-ahead log."""
    caplog.set_level(logging.DEBUG)
    run = Pipeline(case, tmp_path, users=Users.PLAIN)
    people = recognizable(case, run.vendor)
    async with run:
        await run.poll()
        await run.poll(after=run.job.options.interval)
        await run.restart(users=users)
        assert found(written(run, tmp_path, caplog), people) == set()


def pseudonyms(run: Pipeline) -> set[str]:
    return set(re.findall(r"\bp_[0-9a-f]{16}\b", run.page))


async def test_pseudonyms_outlive_a_restart_and_hang_on_the_key(tmp_path: Path) -> None:
    """The same ones for the same key, over all streams; not one in common with another key's."""
    shown = 0
    for number, case in enumerate(CASES):
        keys = (b"first key of the test", b"other key of the test")
        of_key = []
        for key in keys:
            directory = tmp_path / f"{number}-{key[:5].decode()}"
            directory.mkdir()
            async with Pipeline(case, directory, users=Users.PSEUDONYM, key=key) as run:
                await run.poll()
                before = pseudonyms(run)
                await run.restart()
                await run.poll(after=run.job.options.interval)
                assert pseudonyms(run) == before
            of_key.append(before)
        assert len(of_key[0]) == len(of_key[1])
        assert of_key[0].isdisjoint(of_key[1])
        shown += len(of_key[0])
    assert shown > 5
