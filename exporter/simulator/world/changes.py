"""Accepted AI changes (TAB and COMPOSER) with their files."""

import random
from typing import NamedTuple

from exporter.simulator.world.people import LANGUAGES, Developer
from exporter.simulator.world.workday import DaySource, moment_of_work

CHANGES_PER_DEVELOPER_WEEK = 40
MODELS = ("claude-4.5-sonnet", "gpt-5.1", "gemini-3-pro", "composer-1", "default")
TAB_MODELS = ("cursor-tab-2", None)
PRIVATE_SHARE = 0.3
LEFT_OUT_SHARE = 0.05
EXCESS_SHARE = 0.02

_FOLDERS = ("src", "lib", "tests", "cmd/tool", "docs, old")
_FILES = ("index", "client", "model", "handlers", "util")


class ChangedFile(NamedTuple):
    """One entry of a change's metadata; None is a key that is left out."""

    name: str | None
    extension: str | None
    added: int
    deleted: int


class Change(NamedTuple):
    """One accepted change; its totals are mostly, not always, the sums of its files."""

    created_ms: int
    change_id: str
    user_id: str
    user_email: str
    source: str
    model: str | None
    total_added: int
    total_deleted: int
    files: tuple[ChangedFile, ...]


class ChangeSource(DaySource[Change]):
    """Generates a day's changes."""

    kind = "changes"
    each_a_week = CHANGES_PER_DEVELOPER_WEEK

    def _made(self, chance: random.Random, day: int, number: int, author: Developer) -> Change:
        tab = chance.random() < 0.6
        files = _files(chance, author, 1 if tab else chance.randint(1, 4), 6 if tab else 40)
        added = sum(file.added for file in files)
        deleted = sum(file.deleted for file in files)
        roll = chance.random()
        if roll < LEFT_OUT_SHARE:
            added, deleted = added + chance.randint(1, 30), deleted + chance.randint(0, 9)
        elif roll < LEFT_OUT_SHARE + EXCESS_SHARE:
            added = added // 2
        return Change(
            created_ms=moment_of_work(chance, day, author),
            change_id=f"{day}{number:06d}",
            user_id=author.user_id,
            user_email=author.email,
            source="TAB" if tab else "COMPOSER",
            model=chance.choice(TAB_MODELS if tab else MODELS),
            total_added=added,
            total_deleted=deleted,
            files=files,
        )


def _files(
    chance: random.Random, author: Developer, count: int, lines: int
) -> tuple[ChangedFile, ...]:
    if chance.random() < 0.01:
        return ()
    private = chance.random() < PRIVATE_SHARE
    files = []
    for _ in range(count):
        extension = LANGUAGES[chance.choice(author.languages)]
        name = f"{chance.choice(_FOLDERS)}/{chance.choice(_FILES)}.{extension}"
        files.append(
            ChangedFile(
                name=None if private else name,
                extension=None if chance.random() < 0.02 else extension,
                added=int(chance.expovariate(1 / lines)) + 1,
                deleted=int(chance.expovariate(3 / lines)),
            )
        )
    return tuple(files)
