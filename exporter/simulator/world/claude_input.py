"""What tests put into the world of Claude: an actor's day, and what a product and model are billed."""

from decimal import Decimal

import msgspec

from exporter.model import DAY, floor
from exporter.simulator.world.claude_code import MEDIUM, Actor, ActorDay, ClaudeCode, CodeWork
from exporter.simulator.world.claude_enterprise import Billed, ClaudeEnterprise


class ClaudeCodeInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An actor's day at one terminal, in place of what was told of it; `api_key` is the name of a key."""

    timestamp: float
    email: str = "somebody@acme.example"
    api_key: str | None = None
    customer_type: str = "api"
    terminal: str = "vscode"
    remote: bool = False
    sessions: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    commits: int = 0
    input: int = 0
    output: int = 0

    def apply(self, code: ClaudeCode, now: float) -> None:
        """Tell it from now on."""
        actor = Actor("user_actor", self.email)
        if self.api_key is not None:
            actor = Actor("api_actor", self.api_key)
        work = CodeWork(
            sessions=self.sessions,
            lines_added=self.lines_added,
            lines_removed=self.lines_removed,
            commits=self.commits,
            input=self.input,
            output=self.output,
        )
        row = ActorDay(actor, self.customer_type, self.terminal, self.remote, MEDIUM, work)
        code.put(floor(self.timestamp, DAY), row, now)


class ClaudeBillInput(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a product and model are billed for a day, in place of what they were; amounts are cents."""

    timestamp: float
    product: str | None = None
    model: str | None = None
    uncached_input: int = 0
    output: int = 0
    requests: int = 0
    net: Decimal = Decimal(0)
    list: Decimal = Decimal(0)

    def apply(self, enterprise: ClaudeEnterprise, now: float) -> None:
        """Bill it from now on."""
        billed = Billed(
            uncached_input=self.uncached_input,
            output=self.output,
            requests=self.requests,
            net=self.net,
            list=self.list,
        )
        enterprise.put(floor(self.timestamp, DAY), (self.product, self.model), billed, now)
