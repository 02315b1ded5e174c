"""The developers of the simulated enterprise."""

import functools
import string
from dataclasses import dataclass

from exporter.model import HOUR
from exporter.simulator.world.seeded import randomness

TEAMS = (
    "platform",
    "payments",
    "mobile",
    "search",
    "data",
    "security",
    "web",
    "infrastructure",
)
LANGUAGES = {
    "python": "py",
    "typescript": "ts",
    "go": "go",
    "java": "java",
    "rust": "rs",
    "kotlin": "kt",
    "sql": "sql",
    "c++": "cpp",
}
UTC_OFFSETS = (-8, -5, 0, 1, 1, 2, 5, 9)
WORKDAY_START = 9
WORKDAY_HOURS = 9

_GIVEN_NAMES = (
    *("ada", "bruno", "chiara", "dmitri", "elif", "farid", "greta", "hana", "ivan", "jun"),
    *("kofi", "lena", "mateo", "nadia", "olu", "priya", "quentin", "rosa", "sven", "tomoko"),
)
_FAMILY_NAMES = (
    *("abe", "bauer", "costa", "dubois", "eriksen", "ferrari", "garcia", "haas", "ito"),
    *("jansen", "kim", "lopez", "mensah", "novak", "okafor", "patel", "quist", "rossi"),
    *("silva", "tanaka", "weber"),
)
_ID_ALPHABET = string.ascii_uppercase + string.digits


@dataclass(frozen=True, slots=True)
class Developer:
    """A person with the names that each vendor knows them by."""

    login: str
    email: str
    user_id: str
    numeric_id: int
    team: str
    utc_offset: int
    languages: tuple[str, ...]

    def working(self, moment: float) -> bool:
        """Whether the hour of `moment` is one of this person's working hours."""
        hour = (int(moment // HOUR) + self.utc_offset) % 24
        return WORKDAY_START <= hour < WORKDAY_START + WORKDAY_HOURS


@functools.lru_cache(maxsize=8)
def hire(seed: int, count: int) -> tuple[Developer, ...]:
    """The first `count` developers; a larger enterprise begins with the same people."""
    return tuple(_developer(seed, index) for index in range(count))


def _developer(seed: int, index: int) -> Developer:
    chance = randomness(seed, "developer", index)
    given = _GIVEN_NAMES[index % len(_GIVEN_NAMES)]
    family = _FAMILY_NAMES[index % len(_FAMILY_NAMES)]
    # The lengths of the two lists have no common divisor: their pairs repeat only after all of them.
    round_of_names = index // (len(_GIVEN_NAMES) * len(_FAMILY_NAMES))
    suffix = str(round_of_names + 1) if round_of_names else ""
    return Developer(
        login=f"{given}-{family}{suffix}",
        email=f"{given}.{family}{suffix}@acme.example",
        user_id="user_" + "".join(chance.choices(_ID_ALPHABET, k=26)),
        numeric_id=1_000_003 + 17 * index,
        team=TEAMS[index % len(TEAMS)],
        utc_offset=chance.choice(UTC_OFFSETS),
        languages=tuple(chance.sample(sorted(LANGUAGES), k=chance.randint(1, 3))),
    )
