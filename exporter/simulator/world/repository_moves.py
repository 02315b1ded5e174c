"""What happens to repositories and branches after commits were told: other names, and merges."""

from exporter.simulator.world.commits import Commit


class RepositoryMoves:
    """Commits are told under the name that their repository has, and as primary once they were merged."""

    def __init__(self) -> None:
        self._renames: list[tuple[float, str, str]] = []
        self._merges: dict[tuple[str, str], float] = {}

    def rename(self, name: str, other: str, now: float) -> None:
        """Call a repository otherwise from `now` on, in everything that is told of it."""
        self._renames.append((now, name, other))

    def merge(self, repository: str, branch: str, now: float) -> None:
        """Let the commits of a branch be on the primary one from `now` on."""
        self._merges.setdefault((repository, branch), now)

    def name(self, repository: str, as_of: float) -> str:
        """What a repository is called at a moment, by its first name."""
        for moment, before, after in self._renames:
            if moment <= as_of and repository == before:
                repository = after
        return repository

    def told(self, commit: Commit, as_of: float) -> Commit:
        """The commit as it is told at a moment."""
        if commit.repository is None:
            return commit
        merged = (self._merges.get((commit.repository, commit.branch or ""), as_of + 1)) <= as_of
        name = self.name(commit.repository, as_of)
        if name == commit.repository and not merged:
            return commit
        primary = True if merged else commit.primary_branch
        return commit._replace(repository=name, primary_branch=primary)
