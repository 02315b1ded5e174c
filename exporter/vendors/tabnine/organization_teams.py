"""Teams as labels show them: several can have one name."""

from collections.abc import Iterable

from exporter.vendors.tabnine.lists import TeamName


def ids_by_label(teams: Iterable[TeamName]) -> dict[str, list[str]]:
    """The ids of the teams of each name.

    A walk reads the teams of one name at one stop, so that their sum is never cut in two.
    """
    found: dict[str, list[str]] = {}
    for team in teams:
        found.setdefault(team.name or team.id, []).append(team.id)
    return found
