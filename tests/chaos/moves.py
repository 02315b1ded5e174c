"""What moves in the month: names of repositories, branches, people between teams, whole reports."""

from collections.abc import Callable
from random import Random

from exporter.model import DAY, floor
from tests.chaos.world import MonthOfWork

_REPOSITORIES = ("acme/api", "acme/web", "acme/checkout")
_WITHHOLDING = 0.05
"""How likely it is that reports begin to be withheld in a life of the daemon."""
_LONGEST_WITHHELD = 11 * DAY


class Moves:
    """Moves one thing after another; `settle` ends what is not for ever."""

    def __init__(self, month: MonthOfWork, chance: Random) -> None:
        self._month = month
        self._chance = chance
        self._called = {name: name for name in _REPOSITORIES}
        self._branches: list[tuple[str, str]] = []
        self._published_at: float | None = None
        self._teams = 0
        self._kinds: tuple[Callable[[], None], ...] = (
            self._repository_is_renamed,
            self._branch_is_pushed,
            self._branch_is_merged,
            self._reports_are_withheld,
        )

    def happen(self) -> None:
        """One of everything, in any order."""
        for kind in self._chance.sample(self._kinds, len(self._kinds)):
            kind()

    def form_team(self) -> None:
        """A team appears, of people from another one."""
        self._teams += 1
        self._post("teams", name=f"formed-{self._teams}", members=1)

    def settle(self) -> None:
        """Publish what is withheld."""
        self._published_at = None
        self._post("copilot-reports/withhold", **{"from": None})

    def _post(self, path: str, **body: object) -> None:
        self._month.simulator.control(path, body)

    def _repository_is_renamed(self) -> None:
        """To another name, or back."""
        name = self._chance.choice(_REPOSITORIES)
        before = self._called[name]
        after = f"{name}-next" if before == name else name
        self._called[name] = after
        self._post("repositories/rename", repository=before, name=after)

    def _branch_is_pushed(self) -> None:
        branch = self._chance.choice(_REPOSITORIES), f"feature/{self._chance.getrandbits(40):x}"
        self._branches.append(branch)
        commit = {
            "repoName": branch[0],
            "branchName": branch[1],
            "isPrimaryBranch": False,
            "totalLinesAdded": self._chance.randrange(100, 200),
            "tabLinesAdded": self._chance.randrange(100),
        }
        self._post("commits", items=[commit] * 3)

    def _branch_is_merged(self) -> None:
        if self._branches and self._chance.random() < 0.7:
            repository, branch = self._chance.choice(self._branches)
            self._branches.remove((repository, branch))
            self._post("branches/merge", repository=repository, branch=branch)

    def _reports_are_withheld(self) -> None:
        """Or published after all, with all days since."""
        now = self._month.now
        if self._published_at is not None:
            if now >= self._published_at:
                self.settle()
        elif self._chance.random() < _WITHHOLDING:
            self._published_at = now + self._chance.uniform(0, _LONGEST_WITHHELD)
            self._post("copilot-reports/withhold", **{"from": floor(now, DAY)})
