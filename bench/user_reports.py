"""Copilot reports of people by day: lines a second beside `json.loads`, and memory by people.

`python -m bench.user_reports` reads 28 days of 50,000 people; the row of `make bench` reads less.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from random import Random
from typing import Any

from bench.commits_csv import peak_kib
from bench.run import TIMES, Row, cpu_seconds
from exporter.streams.ndjson import JsonLines
from exporter.vendors.github.copilot_reports.people import Membership, PeopleTally
from exporter.vendors.github.copilot_reports.records import TeamMember, UserDay
from exporter.vendors.github.copilot_reports.report_day import ReportDay

LINES = 20_000
FEW, MANY = 50_000, 200_000
DAYS = 28
TEAMS = 2_000
SLICE = 512 * 1024
SHAPES = 64
DAY = "2026-09-20"

FEATURES = ("code_completion", "chat_panel_agent_mode", "chat_inline", "agent_edit")
LANGUAGES = ("python", "go", "typescript", "java")
MODELS = ("claude-sonnet-4.6", "gpt-5-mini")


def measures(chance: Random) -> dict[str, int]:
    return {
        "user_initiated_interaction_count": chance.randrange(20),
        "code_generation_activity_count": chance.randrange(200),
        "code_acceptance_activity_count": chance.randrange(60),
        "loc_suggested_to_add_sum": chance.randrange(2_000),
        "loc_suggested_to_delete_sum": 0,
        "loc_added_sum": chance.randrange(900),
        "loc_deleted_sum": chance.randrange(90),
    }


def rest_of_record(chance: Random) -> bytes:
    """What follows the names in a line: some 3 KB, most of it breakdowns."""
    fields: dict[str, Any] = {
        "day": DAY,
        "enterprise_id": "4301",
        "organization_id": "770077",
        **measures(chance),
        "used_agent": True,
        "used_chat": True,
        "used_cli": None,
        "totals_by_ide": [{"ide": "vscode", **measures(chance)}],
        "totals_by_feature": [{"feature": name, **measures(chance)} for name in FEATURES],
        "totals_by_language_feature": [
            {"language": language, "feature": FEATURES[0], **measures(chance)}
            for language in LANGUAGES
        ],
        "totals_by_model_feature": [
            {"model": model, "feature": FEATURES[1], **measures(chance)} for model in MODELS
        ],
    }
    return json.dumps(fields).encode()[1:]


def user_lines(people: int) -> Iterator[bytes]:
    chance = Random(1)
    shapes = [rest_of_record(chance) for _ in range(SHAPES)]
    for person in range(people):
        start = b'{"user_id": %d, "user_login": "developer-%d", ' % (1_000_000 + person, person)
        yield start + shapes[person % SHAPES] + b"\n"


def team_lines(people: int) -> Iterator[bytes]:
    """Everybody is in a team and in the department that it belongs to."""
    for person in range(people):
        for team in (person % TEAMS, TEAMS + person % TEAMS // 40):
            yield (
                b'{"user_id": %d, "user_login": "developer-%d", "day": "%s", "enterprise_id": "4301",'
                b' "team_id": %d, "slug": "team-%d"}\n'
                % (1_000_000 + person, person, DAY.encode(), team, team)
            )


def slices(lines: Iterable[bytes]) -> Iterator[bytes]:
    """The lines in pieces, as a stream gives them."""
    data = bytearray()
    for line in lines:
        data += line
        if len(data) >= SLICE:
            yield bytes(data)
            data.clear()
    yield bytes(data)


def plain(body: list[bytes]) -> None:
    """Line by line with the standard library."""
    for line in b"".join(body).splitlines():
        json.loads(line)


def records(body: Iterable[bytes]) -> int:
    lines = JsonLines("bench", UserDay)
    for piece in body:
        lines.feed(piece)
    lines.close()
    return lines.count


def joined(teams: Iterable[bytes], users: Iterable[bytes]) -> PeopleTally:
    """A day of people summed by team."""
    asked = ReportDay(DAY, "bench")
    membership = Membership(asked)
    members = JsonLines("bench", TeamMember)
    for piece in teams:
        membership.add(members.feed(piece))
    tally = PeopleTally(asked, membership, users=False)
    lines = JsonLines("bench", UserDay)
    for piece in users:
        tally.add(lines.feed(piece))
    tally.add(lines.close())
    return tally


def measured_peak(people: int) -> int:
    """Peak memory in KiB of a process that joins a day of so many people with their teams."""
    code = (
        "from bench import user_reports as b;"
        f"b.joined(b.slices(b.team_lines({people})), b.slices(b.user_lines({people})));"
        "print(b.peak_kib())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    return int(done.stdout)


def rows() -> Iterable[Row]:
    body = list(slices(user_lines(LINES)))
    size = sum(map(len, body))
    base = cpu_seconds(lambda: plain(body), runs=3)
    read = cpu_seconds(lambda: records(body), runs=3)
    teams = list(slices(team_lines(LINES)))
    whole = cpu_seconds(lambda: joined(teams, body), runs=3)
    yield Row(
        "user reports: our records / json.loads, lines a second",
        base / read,
        TIMES,
        at_least=4,
        note=f"{LINES / read:,.0f} against {LINES / base:,.0f} lines/s of {size // LINES:,} B",
    )
    yield Row(
        "user reports: read and summed by team / json.loads",
        base / whole,
        TIMES,
        note=f"{LINES / whole:,.0f} lines/s, the teams' file included",
    )
    few, many = measured_peak(FEW), measured_peak(MANY)
    yield Row(
        f"user reports: peak memory of a day of {MANY:,} people over {FEW:,}",
        (many - few) / 1024,
        "MiB",
        at_most=32,
        note=f"{few / 1024:.0f} and {many / 1024:.0f} MiB, of {size / LINES * MANY / 2**20:.0f} MiB; "
        f"it is who is in which team: {(many - few) * 1024 / (MANY - FEW):.0f} B a person",
    )


def main() -> None:
    """Four weeks of reports, each day a file of its own."""
    taken, count = 0.0, 0
    for _ in range(DAYS):
        lines = JsonLines("bench", UserDay)
        for piece in slices(user_lines(FEW)):
            began = time.process_time()
            lines.feed(piece)
            taken += time.process_time() - began
        lines.close()
        count += lines.count
    peak = peak_kib() / 1024
    sample = list(slices(user_lines(LINES)))
    base = LINES / cpu_seconds(lambda: plain(sample), runs=3)
    print(f"{count:,} lines at {count / taken:,.0f}/s, json.loads {base:,.0f}/s:", end=" ")
    print(f"{count / taken / base:.1f}{TIMES}; peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
