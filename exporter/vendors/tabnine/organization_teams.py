"""Teams as labels show them: several can have one name."""

from collections.abc import Iterable

from exporter.model import GroupSizes
from exporter.vendors.tabnine.lists import Team, TeamName


def ids_by_label(teams: Iterable[TeamName]) -> dict[str, list[str]]:
    """The ids of the teams of each name.

    A walk reads the teams of one name at one stop, so that their sum is never cut in two.
    """
    found: dict[str, list[str]] = {}
    for team in teams:
        found.setdefault(team.name or team.id, []).append(team.id)
    return found


def sizes_by_label(teams: Iterable[Team]) -> GroupSizes:
    """How many users the teams of each name have, where the list tells of all of them."""
    sizes: GroupSizes = {}
    unknown = set()
    for team in teams:
        key = (team.name or team.id, None)
        if team.users_count is None:
            unknown.add(key)
        sizes[key] = sizes.get(key, 0) + (team.users_count or 0)
    return {key: size for key, size in sizes.items() if key not in unknown}
