"""Stream `copilot_usage`: GitHub's first Copilot API, completions and chat by day.

GitHub closed it on 2025-03-01; any server that still speaks it can be read. Its breakdown has
completions only, may be missing, and may be short of the day's totals: the rest goes to `other`.
"""

import datetime
from typing import TypeAlias

import msgspec

from exporter.model import OTHER
from exporter.streams.payload import Count
from exporter.vendors.github.legacy_api import (
    UNKNOWN,
    DayFacts,
    DayRecord,
    Families,
    LegacyApi,
    LegacyOptions,
    Told,
    stream,
)

_FAMILIES = Families(
    "github_copilot_usage",
    "GitHub Copilot usage API, closed on 2025-03-01, polled; whole UTC days, a day late",
)
_ROW = ("language", "editor")

SUGGESTIONS = _FAMILIES.counter("suggestions", "Completions that Copilot suggested", _ROW)
ACCEPTANCES = _FAMILIES.counter("acceptances", "Completions that people accepted", _ROW)
LINES_SUGGESTED = _FAMILIES.counter("lines_suggested", "Lines that Copilot suggested", _ROW)
LINES_ACCEPTED = _FAMILIES.counter("lines_accepted", "Suggested lines that people accepted", _ROW)
CHAT_TURNS = _FAMILIES.counter("chat_turns", "Turns of Copilot Chat in the IDE")
CHAT_ACCEPTANCES = _FAMILIES.counter(
    "chat_acceptances", "Suggestions of Copilot Chat in the IDE that people accepted"
)
ACTIVE_USERS = _FAMILIES.gauge("active_users", "People who used Copilot completions")
ACTIVE_CHAT_USERS = _FAMILIES.gauge("active_chat_users", "People who used Copilot Chat in the IDE")

_COMPLETIONS = (SUGGESTIONS, ACCEPTANCES, LINES_SUGGESTED, LINES_ACCEPTED)
_Measures: TypeAlias = tuple[int | None, int | None, int | None, int | None]


class Options(LegacyOptions):
    """Options of `copilot_usage`."""


class Row(msgspec.Struct, kw_only=True):
    """Completions of one language in one editor."""

    language: str | None = None
    editor: str | None = None
    suggestions_count: Count | None = None
    acceptances_count: Count | None = None
    lines_suggested: Count | None = None
    lines_accepted: Count | None = None
    active_users: Count | None = None

    @property
    def labels(self) -> tuple[str, str]:
        return self.language or UNKNOWN, self.editor or UNKNOWN

    @property
    def measures(self) -> _Measures:
        return (
            self.suggestions_count,
            self.acceptances_count,
            self.lines_suggested,
            self.lines_accepted,
        )


class Day(DayRecord, kw_only=True):
    """One day; a total that is absent is unknown."""

    day: datetime.date
    total_suggestions_count: Count | None = None
    total_acceptances_count: Count | None = None
    total_lines_suggested: Count | None = None
    total_lines_accepted: Count | None = None
    total_active_users: Count | None = None
    total_chat_acceptances: Count | None = None
    total_chat_turns: Count | None = None
    total_active_chat_users: Count | None = None
    breakdown: list[Row] | None = None

    @property
    def on(self) -> datetime.date:
        return self.day

    @property
    def totals(self) -> _Measures:
        return (
            self.total_suggestions_count,
            self.total_acceptances_count,
            self.total_lines_suggested,
            self.total_lines_accepted,
        )

    def facts(self) -> DayFacts:
        facts, rows = DayFacts(), self.breakdown or ()
        for index, (family, total) in enumerate(zip(_COMPLETIONS, self.totals, strict=True)):
            told = [Told(family, row.labels, row.measures[index]) for row in rows]
            if total is not None:
                # The total speaks for the whole day, whatever the breakdown leaves out of it.
                told = [one for one in told if one.value is not None]
                rest = total - sum(one.value or 0 for one in told)
                told += [Told(family, (OTHER, OTHER), rest)] if rest > 0 else []
            elif not told:
                continue
            facts.tell((family,), told)
        for family, value in (
            (CHAT_TURNS, self.total_chat_turns),
            (CHAT_ACCEPTANCES, self.total_chat_acceptances),
        ):
            facts.tell((family,), (Told(family, (), value),))
        facts.tell_people(ACTIVE_USERS, self.total_active_users)
        facts.tell_people(ACTIVE_CHAT_USERS, self.total_active_chat_users)
        return facts


API = LegacyApi(
    name="usage",
    page=list[Day],
    page_days=28,
    days_back=28,
    families=(
        *_COMPLETIONS,
        CHAT_TURNS,
        CHAT_ACCEPTANCES,
        ACTIVE_USERS,
        ACTIVE_CHAT_USERS,
    ),
    closed=(
        "GitHub closed this API on 2025-03-01: read copilot_reports there, or set base_url to a "
        "server that still speaks it"
    ),
)

STREAM = stream(
    API,
    "copilot_usage",
    "completions and chat of Copilot by day, from the API that GitHub closed on 2025-03-01; it works "
    "against any server that still speaks it",
    Options,
)
