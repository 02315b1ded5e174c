"""Stream `team_usage`: completions, chat and agent of every team, by UTC day.

One request a team. The label is the team's name; what is counted belongs to its id, so that teams of
one name add up and a team that is renamed is not counted again.
"""

from collections import Counter
from collections.abc import Sequence
from math import ceil

from pydantic import Field

from exporter.config.durations import Duration
from exporter.model import DAY, HOUR, Window
from exporter.vendors.base import Cost, Poll, Reading, Shape, Stream
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.organization_teams import sizes_by_label
from exporter.vendors.tabnine.parts import walk_parts
from exporter.vendors.tabnine.vendor import GROUP, TabnineTarget
from exporter.vendors.tabnine.usage_api import RETENTION, SETTLED_AFTER, UsageOptions, ask, endpoint
from exporter.vendors.tabnine.usage_metrics import count, families, measured

FAMILIES = families("team")


class Options(UsageOptions):
    """Options of `team_usage`."""

    interval: Duration = Field(default=HOUR, ge=1)
    expected_teams: int = Field(default=100, ge=1)
    """How many teams the plan of `check` reckons with; all teams are read, however many they are."""


async def read(poll: Poll[TabnineTarget, Options]) -> Reading:
    reading = Reading(complete=FAMILIES.gauges)
    organization = await lists.organization_id(poll, reading)
    rows = await lists.team_rows(poll, reading)
    teams = {team.id: team.name for team in rows}
    sizes = sizes_by_label(rows)
    reading.groups.update(sizes)
    shared = {name for name, times in Counter(teams.values()).items() if times > 1}
    at = endpoint("team", poll.target.api_version)

    async def read_team(team: str, window: Window) -> None:
        query = {"organizationId": organization, "teamId": team}
        days = await ask(poll, at, window, query, reading)
        labels = (teams[team],)
        if (teams[team], None) not in sizes and teams[team] not in shared:
            # Whoever was active is a member.
            active = max((bucket.active_users for bucket in days.values()), default=0)
            reading.groups[teams[team], None] = active
        count(poll, reading, FAMILIES, days, window, labels, f"{team}:")
        # People and ratios of two teams cannot be shown as one.
        if teams[team] not in shared:
            reading.samples.extend(measured(poll, FAMILIES, days, window, labels))

    await walk_parts(poll, reading, teams, read_team)
    return reading


def plan(target: TabnineTarget, options: Options) -> Sequence[Cost]:
    """One request a team, besides the list of teams."""
    pages = ceil(options.expected_teams / lists.PAGE_SIZE)
    return (Cost(GROUP, (target.organization_id is None) + pages + options.expected_teams),)


STREAM = Stream(
    name="team_usage",
    shape=Shape.BUCKETS,
    summary="completions, chat and agent of every team, by day; a request a team",
    metrics=FAMILIES.metrics,
    options=Options,
    bucket=DAY,
    retention=RETENTION,
    settled_after=SETTLED_AFTER,
    read=read,
    plan=plan,
    label_sizes=lambda _, options: {"team_name": options.expected_teams},
)
