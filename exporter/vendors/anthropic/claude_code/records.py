"""The rows of the Claude Code report: what an actor did on a day, at one kind of terminal."""

from decimal import Decimal
from typing import ClassVar

import msgspec

from exporter.streams import kit
from exporter.streams.money import charge
from exporter.vendors.anthropic.pages import Report

_ACTOR_TYPES = {"user_actor": "user", "api_actor": "api_key"}
_REMOTE = {True: "true", False: "false", None: kit.UNKNOWN}


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """A person, or an API key by its name."""

    type: str
    email_address: str | None = None
    api_key_name: str | None = None

    @property
    def kind(self) -> str:
        return _ACTOR_TYPES.get(self.type, kit.OTHER)

    @property
    def name(self) -> str:
        return self.email_address or self.api_key_name or kit.UNKNOWN


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """Lines that people took over."""

    added: kit.Count
    removed: kit.Count


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the sessions."""

    num_sessions: kit.Count
    lines_of_code: Lines
    commits_by_claude_code: kit.Count
    pull_requests_by_claude_code: kit.Count

    @property
    def counts(self) -> tuple[int, int, int]:
        """Sessions, commits and pull requests."""
        return self.num_sessions, self.commits_by_claude_code, self.pull_requests_by_claude_code


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """What people decided of the changes that a tool proposed."""

    accepted: kit.Count
    rejected: kit.Count


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens by kind."""

    input: kit.Count
    output: kit.Count
    cache_read: kit.Count
    cache_creation: kit.Count


class EstimatedCost(msgspec.Struct, kw_only=True):
    """What the tokens would cost by the price list, in cents: a JSON number, with fractions."""

    amount: Decimal
    currency: str | None = None

    def __post_init__(self) -> None:
        self.amount = kit.checked("amount", charge, self.amount)


class ModelUse(msgspec.Struct, kw_only=True):
    """The tokens of a model."""

    model: str | None = None
    tokens: Tokens
    estimated_cost: EstimatedCost | None = None


class Row(msgspec.Struct, kw_only=True):
    """An actor has several rows a day: by terminal, by who pays, and by whether the session is remote."""

    ignored: ClassVar[frozenset[str]] = kit.names("organization_id")

    date: str
    actor: Actor
    customer_type: str | None = None
    subscription_type: str | None = None
    terminal_type: str | None = None
    is_remote: bool | None = None
    core_metrics: Core
    tool_actions: dict[str, Decisions] | None = None
    model_breakdown: list[ModelUse] | None = None

    def __post_init__(self) -> None:
        kit.checked("date", kit.moment, self.date)

    @property
    def day(self) -> int:
        return kit.floor(kit.moment(self.date), kit.DAY)

    @property
    def where(self) -> tuple[str, str, str]:
        """Who pays, at which kind of terminal, and whether remotely."""
        unknown = kit.UNKNOWN
        return self.customer_type or unknown, self.terminal_type or unknown, _REMOTE[self.is_remote]


class ClaudeCodeReport(Report, kw_only=True):
    """A page of rows."""

    data: list[Row]
