"""Stream `team_usage`: completions, chat and agent of every team, by UTC day; a request a team."""

from exporter.streams import kit
from exporter.vendors.tabnine import lists
from exporter.vendors.tabnine.usage import api, days, metrics
from exporter.vendors.tabnine.vendor import TabnineTarget


class Options(api.UsageOptions):
    """Options of `team_usage`."""

    interval: kit.Duration = kit.Field(default=kit.HOUR, ge=1)
    expected_teams: int = lists.EXPECTED_TEAMS


async def read(source: kit.Source[TabnineTarget, Options]) -> kit.Batches:
    organization = await lists.organization_id(source)
    teams = await lists.teams(source)
    for team_id in (members := kit.Members(source, teams.by_id, "a team")):
        team, usage = teams.by_id[team_id], None
        async with members.one() as part:
            usage = await days.ask(source, metrics.TEAM, "team", organization, team_id, team.label)
        if part.error is not None:
            yield kit.Batch((), partition=team_id)
        elif usage is not None:
            newest = () if teams.shares_label(team) else usage.newest()
            sizes = teams.sizes(team.label, at_least=usage.most_active)
            yield kit.Batch([*usage.counted(), *newest], usage.covers, sizes, team_id)


STREAM = kit.Stream(
    name="team_usage",
    summary="completions, chat and agent of every team, by day; a request a team",
    metrics=metrics.TEAM.metrics,
    options=Options,
    read=read,
    plan=lambda target, options: lists.cost(lists.asks_id(target) + lists.team_requests(options)),
    probe=lists.first_team,
    label_sizes=lambda _, options: {"team_name": options.expected_teams},
)
