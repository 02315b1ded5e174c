"""What happens in the month beside work: late data, duplicates, corrections, credits."""

import datetime
from collections.abc import Callable
from random import Random
from typing import Any

from exporter.model import DAY, HOUR
from tests.chaos.world import MonthOfWork

_LATE = 1.4 * DAY
"""How late things are told: within the shortest lookback of the configuration."""
_FIGURES = ("completions", "completion_lines", "chat_interactions", "chat_lines", "keystrokes")


class LateData:
    """Puts one thing after another into the world, each late or a revision of an earlier one."""

    def __init__(self, month: MonthOfWork, chance: Random) -> None:
        self._month = month
        self._chance = chance
        self._traffic: list[dict[str, Any]] = []
        self._assistance: list[dict[str, Any]] = []
        self._commits: list[tuple[float, str]] = []
        self._kinds: tuple[Callable[[], None], ...] = (
            self._traffic_comes_late,
            self._traffic_is_revised,
            self._figures_come_late,
            self._figures_are_revised,
            self._commits_come_late,
            self._changes_come_late,
            self._audit_events_come_late,
            self._usage_events_come_late,
            self._bill_is_posted_late,
            self._claude_code_is_told_late,
            self._claude_bill_is_revised,
            self._copilot_was_used,
            self._pull_requests_come_late,
        )

    def happen(self) -> None:
        """One of everything, in any order."""
        for kind in self._chance.sample(self._kinds, len(self._kinds)):
            kind()

    def _earlier(self, most: float = _LATE) -> float:
        return self._month.now - self._chance.uniform(60, most)

    def _post(self, path: str, body: dict[str, Any]) -> None:
        self._month.simulator.control(path, body)

    def _traffic_comes_late(self) -> None:
        bot = 990_000 + self._chance.randrange(5)
        total = self._chance.randrange(1, 2_000)
        unit: dict[str, Any] = {
            "actor_type": "installation",
            "actor_name": f"bot-{bot}",
            "actor_id": bot,
            "subject_type": "installation",
            "subject_name": f"bot-{bot}",
            "subject_id": bot,
            "http_method": "GET",
            "api_route": "/repositories/:repository_id/pulls",
            "timestamp": self._earlier(),
            "total": total,
            "rate_limited": self._chance.randrange(total),
        }
        self._traffic.append(unit)
        self._post("traffic", unit)

    def _traffic_is_revised(self) -> None:
        recent = [u for u in self._traffic if u["timestamp"] > self._month.now - _LATE]
        if recent:
            unit = self._chance.choice(recent)
            total = self._chance.randrange(1, 2_000)
            limited = self._chance.randrange(total)
            self._post("traffic/revise", {**unit, "total": total, "rate_limited": limited})

    def _figures_come_late(self) -> None:
        day: dict[str, Any] = {
            "timestamp": self._earlier(5 * DAY),
            **{name: self._chance.randrange(500, 1_500) for name in _FIGURES},
        }
        self._assistance.append(day)
        self._post("assistance", day)

    def _figures_are_revised(self) -> None:
        recent = [d for d in self._assistance if d["timestamp"] > self._month.now - 5 * DAY]
        if recent:
            name = self._chance.choice(_FIGURES)
            revised = {**self._chance.choice(recent), name: self._chance.randrange(1_500)}
            self._post("assistance/revise", revised)

    def _commits_come_late(self) -> None:
        recent = [name for at, name in self._commits if at > self._month.now - _LATE]
        names = [f"{self._chance.getrandbits(160):040x}" for _ in range(3)]
        # One that is told once more, with other figures, moves to the day of its newest row.
        again = self._chance.sample(recent, min(len(recent), 1))
        moment = self._earlier(6 * HOUR)
        self._commits += [(moment, name) for name in names]
        items = [
            {
                "commitHash": name,
                "createdAt": _text(self._month.now - 1 if name in again else moment),
                # What is pushed late was committed long before.
                "commitTs": _text(moment - self._chance.uniform(0, 12 * DAY)),
                "totalLinesAdded": self._chance.randrange(100, 200),
                "tabLinesAdded": self._chance.randrange(100),
            }
            for name in [*names, *again]
        ]
        self._post("commits", {"items": items})

    def _changes_come_late(self) -> None:
        items = [
            {
                "createdAt": _text(self._earlier()),
                "source": self._chance.choice(("TAB", "COMPOSER")),
                "totalLinesAdded": self._chance.randrange(100),
            }
            for _ in range(3)
        ]
        self._post("changes", {"items": items})

    def _audit_events_come_late(self) -> None:
        items = [
            {"eventType": "token.revoked", "timestamp": _text(self._earlier())} for _ in range(3)
        ]
        self._post("audit-events", {"items": items})

    def _usage_events_come_late(self) -> None:
        items = [
            {
                "timestamp": str(int(self._earlier() * 1000)),
                "kind": self._chance.choice(("Usage-based", "Included in Business")),
                "chargedCents": f"{self._chance.randrange(10_000) / 1000:.3f}",
                "tokenUsage": {"inputTokens": self._chance.randrange(5_000)},
            }
            for _ in range(3)
        ]
        self._post("usage-events", {"items": items})

    def _bill_is_posted_late(self) -> None:
        date = _text(self._earlier(DAY))[:10]
        items = [
            {"date": date, "quantity": f"{self._chance.randrange(1, 90_000) / 100:.2f}"},
            {"date": date, "discount": f"{self._chance.randrange(1, 200) / 1000:.3f}"},
        ]
        self._post("billing", {"items": items})

    def _claude_code_is_told_late(self) -> None:
        """Somebody's day, each time with other figures."""
        figures = {
            name: self._chance.randrange(90) for name in ("sessions", "lines_added", "output")
        }
        self._post("claude-code", {"timestamp": self._earlier(), **figures})

    def _claude_bill_is_revised(self) -> None:
        cents = f"{self._chance.randrange(90_000) / 1000:.3f}"
        amounts = {"net": cents, "list": cents, "requests": self._chance.randrange(90)}
        group = {"product": "chat", "model": self._chance.choice(("claude-opus-5", None))}
        self._post("claude-bill", {"timestamp": self._earlier(20 * DAY), **group, **amounts})

    def _copilot_was_used(self) -> None:
        use = {"interactions": 3, "code_generations": 20, "code_acceptances": 9, "lines_added": 40}
        self._post("copilot-uses", {"timestamp": self._earlier(DAY), "language": "go", **use})

    def _pull_requests_come_late(self) -> None:
        """To a day that may have a report, of a repository that may be new."""
        names = ("acme/api", "acme/web", "acme/begun-late")
        created = self._chance.randrange(1, 9)
        figures = {"created": created, "reviewed": created, "suggestions_by_copilot": created // 2}
        day = {"timestamp": self._earlier(4 * DAY), "repository": self._chance.choice(names)}
        self._post("pull-requests", day | figures)


def _text(moment: float) -> str:
    return datetime.datetime.fromtimestamp(moment, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
