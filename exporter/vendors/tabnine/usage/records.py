"""What the usage API answers, v1 and v2: daily buckets, in which old installations lack whole blocks."""

from typing import Any, ClassVar

import msgspec

from exporter.streams import kit


class Model(msgspec.Struct, rename="camel", kw_only=True):
    """What one model did, v2; Tabnine knows models by UUID."""

    ignored: ClassVar[frozenset[str]] = frozenset({"uniqueUsers"})

    model: str
    messages: kit.Count | None = None
    input_tokens: kit.Count | None = None
    output_tokens: kit.Count | None = None


class Completions(msgspec.Struct, rename="camel", kw_only=True):
    active_users: kit.Count | None = None
    completions: kit.Count | None = None
    chars_completed: kit.Count | None = None
    keystrokes: kit.Count | None = None
    lines: kit.Count | None = None
    automation_factor: float | None = None


class Chat(msgspec.Struct, rename="camel", kw_only=True):
    """v1 has interactions and lines; v2 messages, lines added and models."""

    active_users: kit.Count | None = None
    interactions: kit.Count | None = None
    useful_chat_interactions: kit.Count | None = None
    lines: kit.Count | None = None
    chars_completed: kit.Count | None = None
    chat_consumption_rate: float | None = None
    messages: kit.Count | None = None
    lines_added: kit.Count | None = None
    models: list[Model] | None = None


class Agent(msgspec.Struct, rename="camel", kw_only=True):
    """v1 has interactions, v2 messages and models."""

    active_users: kit.Count | None = None
    interactions: kit.Count | None = None
    messages: kit.Count | None = None
    lines_added: kit.Count | None = None
    lines_added_accepted: kit.Count | None = None
    lines_removed: kit.Count | None = None
    lines_removed_accepted: kit.Count | None = None
    models: list[Model] | None = None


class Instruct(msgspec.Struct, rename="camel", kw_only=True):
    accepted_count: kit.Count | None = None


class LegacyAgent(msgspec.Struct):
    """Known and not counted: what it shares with `agent` is not documented."""

    ignored: ClassVar[frozenset[str]] = frozenset({"activeUsers", "interactions"})


def check_times(start: str, end: str | None) -> None:
    """Raise ValueError for a bucket that begins or ends at no time."""
    if start:
        kit.checked("from", kit.moment, start)
    if end:
        kit.checked("to", kit.moment, end)


class Slice(msgspec.Struct, rename="camel", kw_only=True):
    """A bucket: its ends and who was active in it."""

    start: str = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to", default=None)
    active_users: kit.Count

    def __post_init__(self) -> None:
        check_times(self.start, self.end)


class Bucket(Slice, rename="camel", kw_only=True):
    """The usage of one slice of time."""

    ignored: ClassVar[frozenset[str]] = frozenset({"ides", "languages"})

    productivity_factor: float | None = None
    code_completions: Completions | None = None
    chat: Chat | None = None
    agent: Agent | None = None
    instruct: Instruct | None = None
    agent_chat: LegacyAgent | None = None
    agent_agent: LegacyAgent | None = None


NOBODY = Bucket(
    start="",
    active_users=0,
    code_completions=Completions(active_users=0),
    chat=Chat(active_users=0),
    agent=Agent(active_users=0),
)
"""A day on which nobody was active; what else it may hold is unknown."""


class Buckets(msgspec.Struct, kw_only=True):
    """The buckets of an answer; a subclass types them."""

    granularity: str | None = None
    data: list[Any]


class Answer(msgspec.Struct, rename="camel", kw_only=True):
    """What every answer of the usage API says around its buckets."""

    ignored: ClassVar[frozenset[str]] = frozenset({"organizationId", "teamId", "userId"})

    start: str | None = msgspec.field(name="from", default=None)
    end: str | None = msgspec.field(name="to", default=None)
    usage: Buckets


class _UsageBuckets(Buckets, kw_only=True):
    data: list[Bucket]


class Usage(Answer, kw_only=True):
    """The answer of `/usage` for an organization, a team or a user."""

    usage: _UsageBuckets
