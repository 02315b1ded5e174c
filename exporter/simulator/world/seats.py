"""Who has a Copilot seat, through which organizations and teams, and when each last used it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from exporter.model import DAY, HOUR, floor
from exporter.simulator.world.people import Developer
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import weekend

KEPT = 90 * DAY
"""GitHub forgets an activity that is older."""
LATEST_ACTIVITY = 24 * HOUR

_EDITORS = ("vscode/1.96.2/copilot/1.250.0", "JetBrains-IU/243.21565/copilot-intellij/1.5.30")
_IDLE_DAYS = {1: 10, 2: 40, 3: 85}
"""Those who used it last so many days before the world's present began, by habit."""
_NEVER_USED = 0
_HABITS = 20


@dataclass(frozen=True, slots=True)
class Grant:
    """One reason for a seat: an organization, and the team in it where a team has the seat."""

    organization: str
    team: str | None
    plan: str
    cancelled: bool


@dataclass(frozen=True, slots=True)
class Seat:
    """A person's seat as it is told at a moment."""

    person: Developer
    created: int
    grants: tuple[Grant, ...]
    last_active: int | None
    editor: str | None

    def of(self, organization: str) -> Grant | None:
        """The first grant of an organization."""
        return next((g for g in self.grants if g.organization == organization), None)


class CopilotSeats:
    """All seats; some people have one by several organizations and teams at once."""

    def __init__(self, rollout: Rollout, organizations: tuple[str, str], start: float) -> None:
        self.organizations = organizations
        self._rollout = rollout
        self._start = floor(start, DAY)
        self._quiet: float | None = None

    def told(self, now: float) -> Iterator[Seat]:
        """The seats there are at `now`, by person."""
        moment = now if self._quiet is None else min(now, self._quiet)
        for index, person in enumerate(self._rollout.developers):
            created = self._created(index)
            if _invited(index) or created > moment:
                continue
            last = self._last_active(index, person, moment)
            last = last if last is None or last >= max(created, moment - KEPT) else None
            editor = None if last is None else _EDITORS[index % len(_EDITORS)]
            yield Seat(person, created, self._grants(index, person), last, editor)

    def invited(self) -> int:
        """How many people have not accepted their seat."""
        return sum(map(_invited, range(len(self._rollout.developers))))

    def quiet(self, since: float | None) -> None:
        """Let what is told stand still from `since` on; None lifts it."""
        self._quiet = since

    def _created(self, index: int) -> int:
        begins = int(self._rollout.begins(index))
        if begins > self._rollout.first:
            return begins + 9 * HOUR
        return (
            self._rollout.first
            - randomness(self._rollout.seed, "seat", index).randint(100, 300) * DAY
        )

    def _grants(self, index: int, person: Developer) -> tuple[Grant, ...]:
        main, labs = self.organizations
        grants = [Grant(main, person.team, "business", index % 13 == 4)]
        if index % 5 == 2:
            grants.append(Grant(labs, None, "enterprise", index % 13 in (4, 9)))
        if index % 6 == 1:
            grants.append(Grant(main, "guild", "business", index % 13 == 4))
        return tuple(grants)

    def _last_active(self, index: int, person: Developer, now: float) -> int | None:
        habit = index % _HABITS
        if habit == _NEVER_USED:
            return None
        if habit in _IDLE_DAYS:
            return self._start - _IDLE_DAYS[habit] * DAY + index
        chance = randomness(self._rollout.seed, "seat activity", index)
        hour = floor(now - chance.randrange(HOUR, LATEST_ACTIVITY - HOUR), HOUR)
        while weekend(hour // DAY) or not person.working(hour):
            hour -= HOUR
        return hour + chance.randrange(HOUR)


def _invited(index: int) -> bool:
    """Whether a person has not accepted a seat."""
    return index % 40 == 7


def month_start(moment: float) -> int:
    """The start of the billing cycle that holds `moment`: a month in UTC."""
    first = datetime.fromtimestamp(moment, UTC).replace(day=1, hour=0, minute=0, second=0)
    return int(first.timestamp())


def next_month(moment: float) -> str:
    """The date on which the next billing cycle starts."""
    following = datetime.fromtimestamp(month_start(moment) + 32 * DAY, UTC)
    return following.replace(day=1).date().isoformat()
