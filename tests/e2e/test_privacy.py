"""All vendors with all their streams through the real programs: no person of theirs is found."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench import simulated
from bench.simulated import SECRETS
from exporter.simulator.world.people import hire
from exporter.streams.contract import AnyStream
from exporter.streams.options import CountingOptions
from tests import accounts
from tests.e2e.processes import ANY_PORT, PATIENCE, Exporter, Simulator, http, wait_for

pytestmark = pytest.mark.process

DEVELOPERS, SEED = 12, 1
INTERVAL = "10s"
"""Each stream is waited for three times; polled without a pause, all of them keep the daemon from answering."""
FORMATS = (
    "text/plain;version=0.0.4",
    "application/openmetrics-text;version=1.0.0",
)
ACCOUNTS = [
    account
    for account in accounts.ACCOUNTS
    if not account.scope.keys() & {"enterprise", "organization_id"}
]
"""All but a GitHub enterprise and an organization at Cursor, which tell of no one else."""
OPTIONS: dict[str, dict[str, Any]] = {
    "api_insights": {"routes": {"top_actors": 3}},
    "copilot_reports": {"teams": True, "users": True},
}


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    simulator = Simulator(
        tmp_path,
        *("--no-rate-limit", "--legacy-copilot", f"--developers={DEVELOPERS}", "--teams=3"),
        *(f"--seed={SEED}", "--lag-start=0s", "--lag-end=1m"),
    )
    yield simulator
    simulator.stop()


def people(simulator: Simulator) -> set[str]:
    """What each vendor knows its people by."""
    headers = {"Authorization": f"Bearer {SECRETS['tabnine']}"}
    everybody = {
        str(name)
        for one in hire(SEED, DEVELOPERS)
        for name in (one.login, one.email, one.user_id, one.numeric_id)
    }
    organization = http.get(
        f"{simulator.url}/tabnine/api/v1/organization", headers=headers, timeout=PATIENCE
    ).json()["id"]
    for member in ("true", "false"):
        rows = http.get(
            f"{simulator.url}/tabnine/api/v1/organization/users",
            headers=headers,
            params={
                "organizationId": organization,
                "teamMember": member,
                "active": "true",
                "limit": 200,
                "offset": 0,
            },
            timeout=PATIENCE,
        ).json()["data"]
        everybody |= {row[name] for row in rows for name in ("id", "email")}
    return everybody


def counts(stream: AnyStream) -> bool:
    return issubclass(stream.options, CountingOptions)


def configuration(simulator: Simulator, directory: Path, users: str) -> dict[str, Any]:
    key = directory / "key"
    key.write_text("the key of the pseudonyms", encoding="utf-8")
    targets = [
        simulated.target(
            account.vendor.name,
            account.name.replace(" ", "-"),
            simulator.url,
            directory,
            {
                stream.name: {
                    "interval": INTERVAL,
                    "enabled": True,
                    **({"lookback": "4d"} if counts(stream) else {}),
                    **OPTIONS.get(stream.name, {}),
                }
                for stream in account.streams.values()
            },
            requests_per_minute=1_000_000,
            **account.scope,
        )
        for account in ACCOUNTS
    ]
    return {
        "targets": targets,
        "state": {"path": str(directory / "state.db")},
        "privacy": {"users": users, "key_file": str(key)},
        "counting": {"history": "count", "birth_hold": "0s"},
    }


def shown(exporter: Exporter, directory: Path) -> dict[str, str]:
    """Every answer of the daemon and every byte of its files."""
    places = {
        f"metrics as {form}": http.get(
            f"{exporter.url}/metrics", headers={"Accept": form}, timeout=PATIENCE
        ).text
        for form in FORMATS
    }
    for path in ("/", "/-/healthy", "/-/ready", "/-/reload", "/-/quit", "/nowhere"):
        places[path] = http.get(exporter.url + path, timeout=PATIENCE).text
    places["/-/reload, asked for"] = http.post(f"{exporter.url}/-/reload", timeout=PATIENCE).text
    for file in (*directory.glob("state.db*"), exporter.process.output):
        places[file.name] = file.read_bytes().decode("utf-8", "replace")
    return places


def told(config: Path, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "exporter", *command, f"--config.file={config}"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=4 * PATIENCE,
        env={**os.environ, "COLUMNS": "200"},
    )
    assert done.returncode in (0, 1), done.stderr
    assert done.stdout
    return done.stdout + done.stderr


def found(places: dict[str, str], people: set[str]) -> set[tuple[str, str]]:
    """Who was found, and where; a number only where it is not a part of another one."""
    return {
        (person, where)
        for where, text in places.items()
        for person in people
        # The plain search is a hundred times as fast as one for all names with what stands around them.
        if person in text and re.search(rf"(?<![0-9.]){re.escape(person)}(?![0-9.])", text)
    }


def faults(people: set[str]) -> list[dict[str, Any]]:
    """What goes wrong for a part of each vendor's API, with people in what it says."""
    somebody = next(person for person in sorted(people) if "@" in person)
    names = sorted(people)
    rows = [
        {
            **dict.fromkeys(("subject_type", "subject_name", "timestamp", "login"), name),
            **dict.fromkeys(("subject_id", "total_request_count", "user_id"), name),
        }
        for name in names
    ]
    refusal = json.dumps({"message": f"not for {somebody}", "error": somebody})
    return [
        {"path": "/cursor/*/commits*", "kind": "status", "status": 401, "body": refusal},
        {"path": "/cursor/*/changes*", "kind": "truncate"},
        {"path": "/github/*/insights/*", "kind": "status", "status": 200, "body": json.dumps(rows)},
        {"path": "/github/*/seats*", "kind": "status", "status": 403, "body": refusal},
        {"path": "/github/*/reports/*", "kind": "garbage"},
        {"path": "/github/*/billing/usage*", "kind": "wrong_type"},
        {"path": "/github/*/copilot/usage*", "kind": "html", "body": " ".join(names)},
        {"path": "/tabnine/*/teams*", "kind": "wrong_type", "field": "id"},
        {
            "path": "/tabnine/*/audit*",
            "kind": "status",
            "status": 200,
            "body": json.dumps({"items": names})[:-9],
        },
        {
            "path": "/tabnine/*/organization/usage*",
            "kind": "status",
            "status": 200,
            "body": json.dumps({"usage": {"granularity": somebody, "data": names}}),
        },
    ]


def told_since(exporter: Exporter, start: int, pattern: str) -> set[tuple[str, ...]]:
    """The streams of which the log says something."""
    stream = r" vendor=(\S+) account=(\S+) stream=(\S+) "
    return set(re.findall(pattern + stream, exporter.process.output.read_text("utf-8")[start:]))


def wait_for_streams(exporter: Exporter, start: int, pattern: str, least: int) -> None:
    """Wait until the log since `start` says it of so many streams."""
    wait_for(
        f"{least} streams with {pattern!r}",
        lambda: len(told_since(exporter, start, pattern)) >= least,
        4 * PATIENCE,
    )


POLLED = "msg=polled"
FAILED = 'msg="poll failed"'


def teams(page: str) -> set[str]:
    """Of whom usage or users are told by team."""
    family = r"(?:github_copilot|tabnine)_team_(?!repositories\b)\w+"
    return set(re.findall(rf'^{family}\{{.*\bteam_(?:name|slug)="([^"]*)"', page, re.MULTILINE))


def pseudonyms(page: str) -> set[str]:
    return set(re.findall(r'"(p_[0-9a-f]{16})"', page))


@pytest.mark.parametrize("users", ["off", "pseudonym"])
def test_nobody_is_found_in_anything_that_the_exporter_says_or_writes(
    simulator: Simulator, tmp_path: Path, users: str
) -> None:
    """Pages, log at debug, state file, commands: with good answers, each fault, after a restart."""
    somebody = people(simulator)
    assert len(somebody) > 4 * DEVELOPERS
    directory = tmp_path / "daemon"
    directory.mkdir()
    exporter = Exporter(
        directory,
        configuration(simulator, directory, users),
        *("--log.level=debug", "--web.enable-lifecycle"),
    )
    # Streams of nothing but people are refused where there are none.
    readable = sum(len(account.streams) for account in ACCOUNTS) - (users == "off")

    def restart() -> int:
        assert exporter.process.stop() == 0
        start = len(exporter.process.output.read_text("utf-8"))
        exporter.start()
        exporter.wait_until_ready()
        return start

    try:
        exporter.wait_until_ready()
        wait_for_streams(exporter, 0, POLLED, readable)
        assert found(shown(exporter, directory), somebody) == set()
        before = pseudonyms(exporter.page())
        assert bool(before) == (users == "pseudonym")
        assert teams(exporter.page()) == {"other"}, "teams of at most four are not named"
        for fault in faults(somebody):
            simulator.control("faults", fault)
        wait_for_streams(exporter, restart(), FAILED, len(faults(somebody)))
        assert found(shown(exporter, directory), somebody) == set()
        lifted = http.delete(f"{simulator.url}/_simulator/faults", timeout=PATIENCE)
        lifted.raise_for_status()
        wait_for_streams(exporter, restart(), POLLED, readable)
        assert found(shown(exporter, directory), somebody) == set()
        assert pseudonyms(exporter.page()) >= before
    finally:
        exporter.process.stop()
    commands = {
        " ".join(command): told(exporter.config_file, *command)
        for command in (
            ("check",),
            ("check", "--output=json"),
            ("doctor", ANY_PORT),
            ("doctor", "--output=json", ANY_PORT),
            ("once", "--log.level=debug", "--log.format=json"),
        )
    }
    assert found(commands, somebody) == set()
