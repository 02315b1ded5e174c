"""The repositories that teams connected to the assistant, and how their indexing goes."""

from collections.abc import Sequence
from typing import NamedTuple

from exporter.model import HOUR, MINUTE
from exporter.simulator.world.seeded import randomness

CYCLE = 6 * HOUR
UNDOCUMENTED_STATUS = "quarantined"
_PHASES = ((5 * MINUTE, "pending"), (15 * MINUTE, "cloning"), (40 * MINUTE, "indexing"))
_INDEXED_AFTER = _PHASES[-1][0]
_MEMORY_CYCLES = 12


class Connection(NamedTuple):
    """A repository of a team; `offset` shifts its indexing against that of the others."""

    link: str
    kind: str
    method: str | None
    credentials: str | None
    offset: int


class Indexing:
    """Each repository is indexed anew in every cycle, with one outcome."""

    def __init__(self, seed: int, teams: int, repositories: Sequence[str]) -> None:
        self._seed = seed
        self._connections = tuple(self._connect(team, repositories) for team in range(teams))
        self._stuck = next((rows[0].link for rows in self._connections if rows), None)

    def connections(self, team: int) -> Sequence[Connection]:
        """What a team connected; one that was formed later has nothing."""
        return self._connections[team] if team < len(self._connections) else ()

    def status(self, connection: Connection, as_of: float) -> str:
        """The state of a repository; one of them has a state that no documentation names."""
        if connection.link == self._stuck:
            return UNDOCUMENTED_STATUS
        cycle, elapsed = divmod(as_of + connection.offset, CYCLE)
        for until, phase in _PHASES:
            if elapsed < until:
                return phase
        return self._outcome(connection, int(cycle))

    def last_success(self, connection: Connection, as_of: float) -> int | None:
        """When a repository was last indexed, of what is remembered."""
        newest = int((as_of + connection.offset - _INDEXED_AFTER) // CYCLE)
        for cycle in range(newest, newest - _MEMORY_CYCLES, -1):
            if self._outcome(connection, cycle) == "success":
                return cycle * CYCLE + _INDEXED_AFTER - connection.offset
        return None

    def _outcome(self, connection: Connection, cycle: int) -> str:
        if connection.link == self._stuck:
            return "failed"
        chance = randomness(self._seed, "indexing", connection.link, cycle)
        return "failed" if chance.random() < 0.15 else "success"

    def _connect(self, team: int, repositories: Sequence[str]) -> tuple[Connection, ...]:
        chance = randomness(self._seed, "connections", team)
        names = chance.sample(repositories, k=min(len(repositories), (0, 2, 3, 1)[(team + 1) % 4]))
        rows: list[Connection] = []
        for name in names:
            offset = chance.randrange(CYCLE)
            roll = chance.random()
            if roll < 0.5:
                link = f"https://git.acme.example/{name}.git"
                rows.append(Connection(link, "git", "https", "git-pat", offset))
            elif roll < 0.85:
                link = f"git@git.acme.example:{name}.git"
                rows.append(Connection(link, "git", "ssh", None, offset))
            else:
                link = f"//depot/{name.rpartition('/')[2]}"
                rows.append(Connection(link, "perforce", None, "p4-main", offset))
        return tuple(rows)
