"""Commits as the assistant's editor reports them, with their later re-ingestions."""

import functools
import random
from collections.abc import Sequence
from typing import NamedTuple

from exporter.model import DAY
from exporter.simulator.world.event_log import DAY_MILLISECONDS
from exporter.simulator.world.people import Developer
from exporter.simulator.world.rollout import Rollout
from exporter.simulator.world.seeded import randomness
from exporter.simulator.world.workday import moment_of_work, volume_of_day

COMMITS_PER_DEVELOPER_WEEK = 25
REPEAT_SHARE = 0.02
REPEAT_DAYS = 2
SHARED_HASH_SHARE = 0.004
OVERCOUNT_SHARE = 0.03
LONGEST_DELAY_MS = 3 * DAY_MILLISECONDS

_TOPICS = ("retries", "checkout", "login", "cache", "search", "billing", "export", "metrics")
_MESSAGES = (
    "Fix {topic} when the list is empty",
    "Add {topic}, with tests",
    'Rename "{topic}" to what it is',
    "Refactor {topic}\n\nSplit in two parts, as agreed:\n- reading\n- writing",
    "Vérifie {topic} à l'entrée",
    "{topic} を整理, 重複を削除",
    'Revert "Add {topic}, with tests"\r\n\r\nIt said ""why"", and why not.',
    "Speed up {topic} 🚀",
    "  indent {topic}; trailing space ",
)
_SOURCES = ("ide",) * 14 + ("cli",) * 3 + ("cloud",) * 2 + (None,)


class Commit(NamedTuple):
    """One ingested row; None is a value that the client could not tell."""

    created_ms: int
    hash: str
    user_id: str
    user_email: str
    repository: str | None
    branch: str | None
    primary_branch: bool | None
    source: str | None
    total_added: int
    total_deleted: int
    tab_added: int
    tab_deleted: int
    composer_added: int
    composer_deleted: int
    message: str | None
    commit_ms: int | None

    @property
    def identity(self) -> tuple[str, str, str | None, str | None]:
        """What stays the same when a commit is ingested again."""
        return self.hash, self.user_id, self.repository, self.branch

    @property
    def non_ai_added(self) -> int:
        return max(0, self.total_added - self.tab_added - self.composer_added)

    @property
    def non_ai_deleted(self) -> int:
        return max(0, self.total_deleted - self.tab_deleted - self.composer_deleted)


class CommitSource:
    """Generates a day's commits; `per_day` replaces the volume that follows from the rollout."""

    def __init__(
        self, rollout: Rollout, repositories: Sequence[str], per_day: int | None = None
    ) -> None:
        self._rollout = rollout
        self._repositories = repositories
        self._first_day = rollout.first // DAY
        self._per_day = per_day
        self._own = functools.lru_cache(maxsize=2 * (REPEAT_DAYS + 1))(self._generate)

    def day(self, day: int) -> list[Commit]:
        """The commits ingested in a UTC day, repeats of earlier days' commits among them."""
        start, end = day * DAY_MILLISECONDS, (day + 1) * DAY_MILLISECONDS
        rows = list(self._own(day)[0])
        for earlier in range(max(day - REPEAT_DAYS, self._first_day), day + 1):
            rows += [row for row in self._own(earlier)[1] if start <= row.created_ms < end]
        rows.sort(key=lambda row: row[:3])
        return rows

    def _generate(self, day: int) -> tuple[list[Commit], list[Commit]]:
        chance = randomness(self._rollout.seed, "commits", day)
        people = self._rollout.people(day * DAY)
        count = self._per_day
        if count is None:
            count = volume_of_day(chance, day, len(people), COMMITS_PER_DEVELOPER_WEEK)
        rows: list[Commit] = []
        repeats: list[Commit] = []
        for _ in range(count):
            row = self._commit(chance, day, self._rollout.developers[chance.choice(people)])
            rows.append(row)
            roll = chance.random()
            if roll < REPEAT_SHARE:
                repeats.append(_repeat(chance, row))
            elif roll < REPEAT_SHARE + SHARED_HASH_SHARE:
                other = self._rollout.developers[chance.choice(people)]
                if other.user_id != row.user_id:
                    rows.append(row._replace(user_id=other.user_id, user_email=other.email))
        return rows, repeats

    def _commit(self, chance: random.Random, day: int, author: Developer) -> Commit:
        created = moment_of_work(chance, day, author)
        total_added = int(chance.expovariate(1 / 60))
        total_deleted = int(chance.expovariate(1 / 25))
        tab_share = chance.random() * 0.5
        composer_share = chance.random() * (0.95 - tab_share)
        over = chance.randint(1, 20) if chance.random() < OVERCOUNT_SHARE else 0
        repository, branch, primary = self._place(chance, author)
        return Commit(
            created_ms=created,
            hash=f"{chance.getrandbits(160):040x}",
            user_id=author.user_id,
            user_email=author.email,
            repository=repository,
            branch=branch,
            primary_branch=primary,
            source=chance.choice(_SOURCES),
            total_added=total_added,
            total_deleted=total_deleted,
            tab_added=int(total_added * tab_share),
            tab_deleted=int(total_deleted * tab_share),
            # Accepted lines are counted even when they never reach the commit.
            composer_added=total_added + over if over else int(total_added * composer_share),
            composer_deleted=int(total_deleted * composer_share),
            message=_message(chance),
            commit_ms=None if chance.random() < 0.01 else created - _delay(chance),
        )

    def _place(
        self, chance: random.Random, author: Developer
    ) -> tuple[str | None, str | None, bool | None]:
        roll = chance.random()
        if roll < 0.02:
            return None, None, None
        repository = chance.choice(self._repositories)
        if roll < 0.04:
            return repository, None, None
        primary = roll < 0.4
        topic = chance.choice(_TOPICS)
        branch = "main" if primary else f"{author.login}/{topic}-{chance.randint(1, 400)}"
        if roll > 0.99:
            branch = f'{topic}, "second try"'
        return repository, branch, None if chance.random() < 0.03 else primary


def _delay(chance: random.Random) -> int:
    """How long before its ingestion a commit was made: mostly seconds, at times days."""
    roll = chance.random()
    if roll < 0.05:
        return 0
    longest = 60_000 if roll < 0.7 else 6 * 3_600_000 if roll < 0.95 else LONGEST_DELAY_MS
    return chance.randint(0, longest)


def _message(chance: random.Random) -> str | None:
    if chance.random() < 0.02:
        return None
    return chance.choice(_MESSAGES).format(topic=chance.choice(_TOPICS))


def _repeat(chance: random.Random, row: Commit) -> Commit:
    """The same commit ingested again, its lines counted anew: more or fewer than before."""
    factor = chance.choice((0, 0.5, 0.9, 1.2, 2))
    total_added = int(row.total_added * factor) + chance.randint(0, 3)
    return row._replace(
        created_ms=row.created_ms + chance.randint(60_000, REPEAT_DAYS * DAY_MILLISECONDS - 1),
        total_added=total_added,
        total_deleted=int(row.total_deleted * factor),
        tab_added=int(total_added * 0.3),
        composer_added=int(total_added * 0.4),
    )
