"""Small groups of people are counted in `other`, exactly, however they grow and shrink."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.config.blocks import PrivacyConfig
from exporter.config.file import parse
from exporter.config.text import ConfigError
from exporter.model import (
    DAY,
    OTHER,
    Coverage,
    GroupSizes,
    Merge,
    Metric,
    MetricType,
    Sample,
    Window,
)
from exporter.poll.baseline import Fresh
from exporter.poll.ledger import Ledger, count
from exporter.poll.transform.budget import gather
from exporter.poll.transform.groups import ALL_GROUPS, GroupLimit
from exporter.runtime.policy import CollectionPolicy
from tests.streams.cases import CASES
from tests.streams.harness import Pipeline

USAGE = Metric(
    "team_usage_total", MetricType.COUNTER, "By team.", ("team", "feature"), group="team"
)
USERS = Metric("team_users", MetricType.GAUGE, "By team.", ("team",), group="team")
ACTIVE = Metric(
    "team_active_users", MetricType.GAUGE, "By team.", ("team",), group="team", merge=Merge.DROP
)
THINGS = Metric("things_total", MetricType.COUNTER, "By team, not of people.", ("team",))
FIVE = GroupLimit(5)


def test_small_groups_and_those_of_unknown_size_lose_their_name() -> None:
    """Counters and sums go to `other`, with the labels as key; what cannot be added up goes."""
    samples = [
        Sample(metric, (team, *more), 3, 0 if metric.type is MetricType.COUNTER else None)
        for team in ("large", "small", "unknown")
        for metric, *more in ((USAGE, "chat"), (USERS,), (ACTIVE,), (THINGS,))
    ]
    shown = list(FIVE.apply(samples, {("large", None): 5, ("small", None): 4}))
    assert [sample for sample in shown if sample.labels[0] == "large"] == samples[:4]
    assert [(s.metric, s.labels, s.key) for s in shown if s.labels[0] != "large"] == [
        (USAGE, (OTHER, OTHER), "\x1fsmall\x1fchat"),
        (USERS, (OTHER,), ""),
        (THINGS, ("small",), ""),
        (USAGE, (OTHER, OTHER), "\x1funknown\x1fchat"),
        (USERS, (OTHER,), ""),
        (THINGS, ("unknown",), ""),
    ]


def test_a_size_of_the_day_goes_before_that_of_all_days() -> None:
    """Where a vendor tells who was a member when, each day stands for itself."""
    days = [Sample(USAGE, ("web", "chat"), 1, day) for day in (0, DAY)]
    sizes: GroupSizes = {("web", None): 9, ("web", DAY): 4}
    assert [sample.labels[0] for sample in FIVE.apply(days, sizes)] == ["web", OTHER]


@pytest.mark.parametrize("limit", [ALL_GROUPS, GroupLimit(0), GroupLimit(1)])
def test_without_a_limit_nothing_changes(limit: GroupLimit) -> None:
    """Whatever is known of the sizes."""
    samples = [Sample(USAGE, ("web", "chat"), 1, 0), Sample(USERS, ("web",), 1)]
    assert list(limit.apply(samples, {("web", None): 0})) == samples


TEAMS = ("a", "b", "c")
READINGS = st.lists(
    st.tuples(
        st.lists(
            st.tuples(st.sampled_from(TEAMS), st.integers(0, 2), st.integers(1, 9)), max_size=4
        ),
        st.dictionaries(st.sampled_from(TEAMS), st.integers(0, 9)),
        st.sampled_from((0, 3, 5)),
    ),
    max_size=8,
)


@given(READINGS, st.booleans())
def test_sums_are_exact_through_growth_shrinking_and_other_limits(
    readings: list[tuple[list[tuple[str, int, int]], dict[str, int], int]], with_ids: bool
) -> None:
    """Over all series the truth, never a debt; no counter falls; no small team's own series grows."""
    ledger: Ledger = {}
    truth: defaultdict[tuple[str, int], int] = defaultdict(int)
    before: dict[Any, Any] = {}
    covered = [Coverage((USAGE,), Window(0, 3 * DAY))]
    for grown, known, least in readings:
        for team, day, more in grown:
            truth[team, day * DAY] += more
        samples = [
            Sample(USAGE, (team, "chat"), value, day, partition=team if with_ids else "")
            for (team, day), value in truth.items()
        ]
        sizes: GroupSizes = {(team, None): size for team, size in known.items()}
        values = gather(GroupLimit(least).apply(samples, sizes)).counters
        count(ledger, values, covered, oldest_kept=0, baseline=Fresh(), now=0)
        assert sum(series.counter for series in ledger.values()) == sum(truth.values())
        assert all(series.debt == 0 for series in ledger.values())
        for key, series in ledger.items():
            team, growth = key[1][0], series.counter - before.get(key, 0)
            assert growth >= 0
            if least > 1 and team != OTHER and known.get(team, 0) < least:
                assert growth == 0
        before = {key: series.counter for key, series in ledger.items()}


TEAM_USAGE = next(case for case in CASES if case.stream == "team_usage")
ORGANIZATION = next(case for case in CASES if case.name == "tabnine_organization")
REPORTS = next(case for case in CASES if case.stream == "copilot_reports")
COMPLETIONS = "tabnine_team_completions_total"


def resize(run: Pipeline, size: int | None) -> None:
    """Give all teams of the list so many users."""
    body = run.vendor.bodies["teams"]
    for row in body["data"]:
        row["usersCount"] = size


async def test_a_team_that_grows_is_shown_and_one_that_shrinks_stands_still(tmp_path: Path) -> None:
    """Through polls and a restart the sum over the family is what it is without a limit."""
    async with Pipeline(TEAM_USAGE, tmp_path, min_group_size=5) as run:
        resize(run, 4)
        await run.poll()
        whole = run.values(COMPLETIONS)[(OTHER,)]
        assert set(run.values(COMPLETIONS)) == {(OTHER,)}
        assert whole > 0
        assert run.values("tabnine_team_active_users") == {}
        resize(run, 5)
        await run.poll(after=60)
        assert len(run.values(COMPLETIONS)) > 1
        assert sum(run.values(COMPLETIONS).values()) == whole
        assert run.values("tabnine_team_active_users") != {}
        shown = run.values(COMPLETIONS)
        await run.restart()
        resize(run, 4)
        await run.poll(after=60)
        assert run.values(COMPLETIONS) == shown
        assert run.values("tabnine_team_active_users") == {}
        assert (run.status.corrections, run.status.reason) == (0, "")


async def test_a_higher_limit_leaves_what_was_shown_and_names_no_further_growth(
    tmp_path: Path,
) -> None:
    """As where the default takes over: the counter stands still, `other` grows, gauges are gone.

    Taken back, the team goes on from what it had, and `other` stands still.
    """
    assert TEAM_USAGE.counted is not None
    place = TEAM_USAGE.counted.place
    async with Pipeline(TEAM_USAGE, tmp_path, min_group_size=1) as run:

        async def grow(more: int) -> dict[tuple[str, ...], float]:
            run.vendor.set(place, run.vendor.get(place) + more)
            await run.poll(after=60)
            return run.values(COMPLETIONS)

        resize(run, 4)
        await run.poll()
        [(team, counted)] = run.values(COMPLETIONS).items()
        assert run.values("tabnine_team_active_users") != {}
        await run.restart(min_group_size=PrivacyConfig().min_group_size)
        assert await grow(50) == {team: counted, (OTHER,): 50}
        assert run.values("tabnine_team_active_users") == {}
        await run.restart(min_group_size=1)
        assert await grow(7) == {team: counted + 7, (OTHER,): 50}
        assert (run.status.corrections, run.status.reason) == (0, "")


async def test_a_list_without_sizes_makes_a_team_as_large_as_it_was_active(tmp_path: Path) -> None:
    """Whoever was active on a day is a member; more may be."""
    async with Pipeline(TEAM_USAGE, tmp_path) as run:
        await run.poll()
        named = set(run.values(COMPLETIONS))
    (tmp_path / "limited").mkdir()
    async with Pipeline(TEAM_USAGE, tmp_path / "limited", min_group_size=2) as run:
        resize(run, None)
        for body in run.vendor.bodies.values():
            for day in body.get("usage", {}).get("data", ()):
                day["activeUsers"] = 2
        await run.poll()
        assert named & set(run.values(COMPLETIONS))
    (tmp_path / "strict").mkdir()
    async with Pipeline(TEAM_USAGE, tmp_path / "strict", min_group_size=10_000) as run:
        resize(run, None)
        await run.poll()
        assert set(run.values(COMPLETIONS)) == {(OTHER,)}


async def test_the_users_of_small_teams_are_counted_together(tmp_path: Path) -> None:
    """Gauges that add up keep their sum; no team is named in any family of the stream."""
    families = (
        *("tabnine_team_users", "tabnine_team_utilization_users"),
        *("tabnine_team_seats_cap", "tabnine_team_info"),
    )
    async with Pipeline(ORGANIZATION, tmp_path) as run:
        await run.poll()
        sums = {name: sum(run.values(name).values()) for name in families}
    (tmp_path / "limited").mkdir()
    async with Pipeline(ORGANIZATION, tmp_path / "limited", min_group_size=10_000) as run:
        await run.poll()
        assert {name: sum(run.values(name).values()) for name in families} == sums
        for name in families:
            assert {labels[0] for labels in run.values(name)} <= {OTHER}
        assert run.status.reason == ""


async def test_the_members_of_the_day_are_the_size_of_a_copilot_team(tmp_path: Path) -> None:
    """Counted per day from the membership report; the sum over teams stays."""
    name = "github_copilot_team_code_generations_total"
    seen = {}
    for least in (1, 2, 3, 10_000):
        directory = tmp_path / str(least)
        directory.mkdir()
        async with Pipeline(REPORTS, directory, min_group_size=least) as run:
            await run.poll()
            assert run.status.reason == ""
            seen[least] = run.values(name)
    assert len({sum(values.values()) for values in seen.values()}) == 1
    assert set(seen[10_000]) == {(OTHER,)}
    assert [len(seen[n].keys() - {(OTHER,)}) for n in (1, 2, 3)] == sorted(
        (len(seen[n].keys() - {(OTHER,)}) for n in (1, 2, 3)), reverse=True
    )
    assert len(seen[2].keys() - {(OTHER,)}) in range(1, len(seen[1].keys() | {(OTHER,)}))


def test_the_limit_is_configured_and_another_one_is_another_rule(tmp_path: Path) -> None:
    """Five unless said otherwise; a reload with another limit changes what runs."""
    (tmp_path / "token").write_text("secret", encoding="utf-8")
    target = {"vendor": "cursor", "account": "a", "auth": {"token_file": str(tmp_path / "token")}}

    def rules(privacy: dict[str, int]) -> CollectionPolicy:
        text = json.dumps({"targets": [target], "privacy": privacy})
        return CollectionPolicy.of(parse(text, tmp_path / "config.yaml"))

    assert rules({}).counting_since(0, None).groups == FIVE
    assert rules({"min_group_size": 1}).counting_since(0, None).groups == ALL_GROUPS
    assert rules({}).same(rules({"min_group_size": 5}))
    assert not rules({}).same(rules({"min_group_size": 1}))
    with pytest.raises(ConfigError, match=r"privacy\.min_group_size"):
        rules({"min_group_size": -1})
