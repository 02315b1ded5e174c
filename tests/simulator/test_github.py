"""The simulated API Insights against the world's truth and the documented behaviour."""

import itertools
from collections import Counter

import pytest

from exporter.simulator.github.rest import GitHubOptions
from tests.simulator.support import (
    DAY,
    GITHUB_AUTH,
    INSIGHTS,
    START,
    Reader,
    Totals,
    Wall,
    named,
    simulator,
    stamp,
)

SINCE = START - 20 * 3600
UNTIL = START
"""A range whose last hours are not settled."""


async def test_the_nine_endpoints_add_up_to_the_truth() -> None:
    """Summaries, subjects, users, actors, routes and time slots tell the same requests."""
    app = simulator()
    reader = Reader(app)
    totals: Totals = Counter()

    def add(family: str, labels: tuple[str, ...], row: dict[str, int]) -> None:
        totals[f"github_api_{family}requests_total", *labels] += row["total_request_count"]
        name = f"github_api_{family}rate_limited_requests_total"
        totals[name, *labels] += row["rate_limited_request_count"]

    add("", (), await reader.one("summary-stats", SINCE, UNTIL))
    subjects = await reader.rows("subject-stats", SINCE, UNTIL)
    for subject in subjects:
        add("subject_", (subject["subject_type"], subject["subject_name"]), subject)
    actors = set()
    for person in app.world.developers:
        user = person.numeric_id
        rows = await reader.rows(f"user-stats/{user}", SINCE, UNTIL)
        summary = await reader.one(f"summary-stats/users/{user}", SINCE, UNTIL)
        slots = await reader.one(
            f"time-stats/users/{user}", SINCE, UNTIL, timestamp_increment="10m"
        )
        for key, value in summary.items():
            assert sum(row[key] for row in rows) == sum(slot[key] for slot in slots) == value
        for row in rows:
            add("user_", (person.login, row["actor_type"], row["actor_name"]), row)
            actors.add((row["actor_type"], row["actor_id"], row["actor_name"]))
    for subject in subjects:
        if subject["subject_type"] == "installation":
            actors.add(("installation", subject["subject_id"], subject["subject_name"]))
    for kind, number, name in actors:
        summary = await reader.one(f"summary-stats/{kind}/{number}", SINCE, UNTIL)
        slots = await reader.one(
            f"time-stats/{kind}/{number}", SINCE, UNTIL, timestamp_increment="1h"
        )
        for key, value in summary.items():
            assert sum(slot[key] for slot in slots) == value
        add("actor_", (kind, str(number)), summary)
        for route in await reader.rows(f"route-stats/{kind}/{number}", SINCE, UNTIL):
            add("route_", (kind, name, route["http_method"], route["api_route"]), route)
    truth = named(await reader.truth(since=SINCE, until=UNTIL), "github_api_")
    assert +totals == truth
    assert truth["github_api_rate_limited_requests_total",] > 0


async def test_time_slots_add_up_and_stand_in_order() -> None:
    """Each five minutes of the range has its slot, up to the present."""
    reader = Reader(simulator())
    slots = await reader.one("time-stats", SINCE, START + 3600, timestamp_increment="5m")
    moments = [slot["timestamp"] for slot in slots]
    assert moments == [stamp(SINCE + 300 * step) for step in range(20 * 12)]
    summary = await reader.one("summary-stats", SINCE, START + 3600)
    assert sum(slot["total_request_count"] for slot in slots) == summary["total_request_count"]
    assert slots[-1]["total_request_count"] == 0 < slots[0]["total_request_count"]


async def test_a_bucket_belongs_to_the_range_that_holds_its_start() -> None:
    """Ranges that touch share nothing and lose nothing, even when cut inside a bucket."""
    reader = Reader(simulator())
    cut = SINCE + 3600 + 17
    whole = await reader.one("summary-stats", SINCE, UNTIL)
    parts = [
        await reader.one("summary-stats", SINCE, cut),
        await reader.one("summary-stats", cut, UNTIL),
    ]
    assert whole == {key: parts[0][key] + parts[1][key] for key in whole}


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["total_request_count", "subject_name", "last_request_timestamp"])
async def test_rows_are_sorted_as_asked(sort: str, direction: str) -> None:
    """The order runs through all pages."""
    reader = Reader(simulator())
    rows = await reader.one("subject-stats", SINCE, UNTIL, sort=sort, direction=direction)
    values = [row[sort] for row in rows]
    assert values == sorted(values, reverse=direction == "desc")


@pytest.mark.parametrize(
    ("path", "parameters", "status"),
    [
        ("/summary-stats", {}, 422),
        ("/summary-stats", {"min_timestamp": "yesterday"}, 422),
        ("/summary-stats", {"min_timestamp": "2026-13-01T00:00:00Z"}, 422),
        ("/summary-stats", {"min_timestamp": stamp(SINCE), "max_timestamp": "1767600000"}, 422),
        ("/summary-stats", {"min_timestamp": stamp(SINCE)}, 200),
        ("/time-stats", {"min_timestamp": stamp(SINCE)}, 422),
        ("/time-stats", {"min_timestamp": stamp(SINCE), "timestamp_increment": "7m"}, 422),
        ("/subject-stats", {"min_timestamp": stamp(SINCE), "sort": "colour"}, 422),
        ("/subject-stats", {"min_timestamp": stamp(SINCE), "direction": "up"}, 422),
        ("/user-stats/999", {"min_timestamp": stamp(SINCE)}, 404),
        ("/user-stats/ada", {"min_timestamp": stamp(SINCE)}, 404),
        ("/route-stats/robot/1", {"min_timestamp": stamp(SINCE)}, 404),
        ("/nothing", {"min_timestamp": stamp(SINCE)}, 404),
    ],
)
async def test_bad_requests_are_refused(path: str, parameters: dict[str, str], status: int) -> None:
    """Refusals carry GitHub's body."""
    response = await Reader(simulator()).github(f"{INSIGHTS}{path}", **parameters)
    assert response.status_code == status
    assert status == 200 or response.json()["status"] == str(status)


async def test_an_unknown_organization_is_not_found() -> None:
    """The name is not case sensitive, but it must be the right one."""
    reader = Reader(simulator())
    path = "/github/orgs/{}/insights/api/summary-stats"
    for name, status in (("ACME", 200), ("umbrella", 404)):
        response = await reader.github(path.format(name), min_timestamp=stamp(SINCE))
        assert response.status_code == status


@pytest.mark.parametrize(
    ("accepted", "singular", "plural"),
    [("both", 200, 200), ("singular", 200, 404), ("plural", 404, 200)],
)
async def test_actor_types_are_accepted_as_set(accepted: str, singular: int, plural: int) -> None:
    """Both spellings of the documentation's history can be required."""
    options = GitHubOptions(actor_types=accepted)  # type: ignore[arg-type]
    reader = Reader(simulator(github=options))
    for name, status in (("oauth_app", singular), ("oauth_apps", plural)):
        path = f"{INSIGHTS}/summary-stats/{name}/178012"
        assert (await reader.github(path, min_timestamp=stamp(SINCE))).status_code == status


async def test_an_exhausted_allowance_is_refused_until_its_reset() -> None:
    """403 with no remaining requests and the reset; then a fresh hour."""
    wall = Wall()
    reader = Reader(simulator(github=GitHubOptions(requests_per_hour=3), wall=wall))
    path = f"{INSIGHTS}/summary-stats"
    for left in (2, 1, 0):
        response = await reader.github(path, min_timestamp=stamp(SINCE))
        assert response.status_code == 200
        assert response.headers["x-ratelimit-remaining"] == str(left)
    tag = response.headers["etag"]
    headers = {**GITHUB_AUTH, "If-None-Match": tag}
    parameters = {"min_timestamp": stamp(SINCE)}
    again = await reader.http.get(path, params=parameters, headers=headers)
    assert (again.status_code, again.content) == (304, b"")
    refused = await reader.github(path, min_timestamp=stamp(SINCE))
    assert refused.status_code == 403
    assert "rate limit" in refused.json()["message"]
    assert refused.headers["x-ratelimit-remaining"] == "0"
    wall.now = float(refused.headers["x-ratelimit-reset"])
    assert (await reader.github(path, min_timestamp=stamp(SINCE))).status_code == 200


async def test_rate_limit_is_told_for_free() -> None:
    """`/rate_limit` counts nothing, and `rate` is gone in the newer version."""
    reader = Reader(simulator())
    await reader.github(f"{INSIGHTS}/summary-stats", min_timestamp=stamp(SINCE))
    for _ in range(3):
        body = (await reader.github("/github/rate_limit")).json()
        assert (body["rate"]["used"], body["rate"]["remaining"]) == (1, 4999)
    headers = {**GITHUB_AUTH, "X-GitHub-Api-Version": "2026-03-10"}
    newer = (await reader.http.get("/github/rate_limit", headers=headers)).json()
    assert newer == {"resources": body["resources"]}


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("", 401),
        ("Bearer wrong", 401),
        ("Bearer sim-github-token-without-permission", 403),
        ("token sim-github-token", 200),
    ],
)
async def test_the_token_decides(token: str, status: int) -> None:
    """A plain 403 has requests left, so that it cannot be taken for the rate limit."""
    reader = Reader(simulator())
    response = await reader.http.get(
        f"{INSIGHTS}/summary-stats",
        params={"min_timestamp": stamp(SINCE)},
        headers={"Authorization": token},
    )
    assert response.status_code == status
    if status == 403:
        assert int(response.headers["x-ratelimit-remaining"]) > 0


async def test_values_are_told_late_grow_and_settle() -> None:
    """Nothing before the lag starts, parts while it lasts, then the same value for ever.

    Most buckets only grow; some overshoot and are corrected before the lag ends.
    """
    app = simulator()
    reader = Reader(app)
    buckets = [START + 300 * index for index in range(150)]
    last = buckets[-1] + 300
    seen: dict[float, list[int]] = {bucket: [] for bucket in buckets}
    await reader.control("advance", seconds=4 * 3600 + 299)
    assert (await reader.one("summary-stats", START, last))["total_request_count"] == 0
    end = last + 6 * 3600
    while app.world.clock.time() < end + 600:
        await reader.control("advance", seconds=600)
        slots = await reader.one("time-stats", START, last, timestamp_increment="5m")
        for bucket, slot in zip(buckets, slots, strict=False):
            if app.world.clock.time() >= bucket + 300 + 6 * 3600:
                seen[bucket].append(-slot["total_request_count"])
            else:
                seen[bucket].append(slot["total_request_count"])
    corrected = 0
    for values in seen.values():
        settled = {-value for value in values if value < 0}
        told = [value for value in values if value > 0]
        assert len(settled) == 1
        assert any(value < min(settled) for value in told)
        falls = sum(after < before for before, after in itertools.pairwise(told))
        corrected += bool(falls) or max(told) > min(settled)
    assert 0 < corrected < len(buckets) // 4


async def test_today_does_not_change_what_was_said_about_the_past() -> None:
    """The truth as of an earlier moment is what was told then."""
    reader = Reader(simulator())
    before = await reader.truth(since=SINCE)
    await reader.control("advance", seconds=DAY)
    await reader.control("commits", items=[{"totalLinesAdded": 5}])
    assert await reader.truth(since=SINCE, at=START, until=START + 1) == before
    assert await reader.truth(since=SINCE) != before
