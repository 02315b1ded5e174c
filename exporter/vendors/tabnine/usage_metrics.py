"""The families that the usage of an organization, a team and a user have alike."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from exporter.model import DAY, Coverage, Merge, Metric, MetricType, Sample, Window
from exporter.vendors.base import Poll, Reading
from exporter.vendors.tabnine.vendor import TabnineTarget
from exporter.vendors.tabnine.usage_api import (
    Agent,
    Bucket,
    Chat,
    Completions,
    Instruct,
    OptionsT,
    settled_day,
)

Counted: TypeAlias = Callable[[Bucket], int | None]
Measured: TypeAlias = Callable[[Bucket], float | None]

_NO_COMPLETIONS, _NO_CHAT, _NO_AGENT, _NO_INSTRUCT = Completions(), Chat(), Agent(), Instruct()


def _completions(bucket: Bucket) -> Completions:
    return bucket.code_completions or _NO_COMPLETIONS


def _chat(bucket: Bucket) -> Chat:
    return bucket.chat or _NO_CHAT


def _agent(bucket: Bucket) -> Agent:
    return bucket.agent or _NO_AGENT


def _either(one: int | None, other: int | None) -> int | None:
    return other if one is None else one


def completions(bucket: Bucket) -> int | None:
    return _completions(bucket).completions


def completion_lines(bucket: Bucket) -> int | None:
    return _completions(bucket).lines


def chat_interactions(bucket: Bucket) -> int | None:
    """What v1 calls interactions and v2 messages."""
    return _either(_chat(bucket).interactions, _chat(bucket).messages)


def agent_interactions(bucket: Bucket) -> int | None:
    """What v1 calls interactions and v2 messages."""
    return _either(_agent(bucket).interactions, _agent(bucket).messages)


_COUNTED: tuple[tuple[str, str, Counted], ...] = (
    ("completions", "Code completions", completions),
    (
        "completion_characters",
        "Characters written by code completions",
        lambda b: _completions(b).chars_completed,
    ),
    ("completion_lines", "Lines written by code completions", completion_lines),
    ("keystrokes", "Characters typed by hand", lambda b: _completions(b).keystrokes),
    ("chat_interactions", "Interactions with the chat, in v2 messages", chat_interactions),
    (
        "chat_useful_interactions",
        "Interactions with the chat whose answer was used, v1 only",
        lambda b: _chat(b).useful_chat_interactions,
    ),
    (
        "chat_lines",
        "Lines taken from the chat, in v2 lines added",
        lambda b: _either(_chat(b).lines, _chat(b).lines_added),
    ),
    (
        "chat_characters",
        "Characters taken from the chat, v1 only",
        lambda b: _chat(b).chars_completed,
    ),
    (
        "instructions_accepted",
        "Accepted results of inline instructions, v1 only",
        lambda b: (b.instruct or _NO_INSTRUCT).accepted_count,
    ),
    ("agent_interactions", "Interactions with the agent, in v2 messages", agent_interactions),
    ("agent_lines_added", "Lines that the agent added", lambda b: _agent(b).lines_added),
    (
        "agent_lines_added_accepted",
        "Lines that the agent added and people accepted",
        lambda b: _agent(b).lines_added_accepted,
    ),
    ("agent_lines_removed", "Lines that the agent removed", lambda b: _agent(b).lines_removed),
    (
        "agent_lines_removed_accepted",
        "Lines that the agent removed and people accepted",
        lambda b: _agent(b).lines_removed_accepted,
    ),
)

_DISTINCT: tuple[tuple[str, str, Counted], ...] = (
    ("active_users", "People who used anything", lambda b: b.active_users),
    (
        "completion_active_users",
        "People who used code completions",
        lambda b: _completions(b).active_users,
    ),
    ("chat_active_users", "People who used the chat", lambda b: _chat(b).active_users),
    ("agent_active_users", "People who used the agent", lambda b: _agent(b).active_users),
)

_RATIOS: tuple[tuple[str, str, Measured], ...] = (
    (
        "productivity_factor_ratio",
        "The vendor's share of characters that completions and chat wrote, v1 only,",
        lambda b: b.productivity_factor,
    ),
    (
        "automation_factor_ratio",
        "The vendor's share of characters that code completions wrote, v1 only,",
        lambda b: _completions(b).automation_factor,
    ),
    (
        "chat_consumption_ratio",
        "The vendor's share of chat interactions whose answer was used, v1 only,",
        lambda b: _chat(b).chat_consumption_rate,
    ),
)


@dataclass(frozen=True, slots=True)
class Families:
    """The metrics of one kind of subject, each with what of a bucket it shows."""

    counters: tuple[tuple[Metric, Counted], ...]
    distinct: tuple[tuple[Metric, Counted], ...] = ()
    ratios: tuple[tuple[Metric, Measured], ...] = ()

    @property
    def gauges(self) -> tuple[Metric, ...]:
        return tuple(metric for metric, _ in (*self.distinct, *self.ratios))

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return (*(metric for metric, _ in self.counters), *self.gauges)

    def covered(self, days: Mapping[int, Bucket]) -> tuple[Metric, ...]:
        """The counters that the days speak for: without any day, all of them.

        What an installation does not have yet must take its first values as a baseline later.
        """
        return tuple(
            metric
            for metric, value in self.counters
            if not days or any(value(bucket) is not None for bucket in days.values())
        )


def families(subject: Literal["", "team", "user"]) -> Families:
    """The metrics of the organization, of teams or of users."""
    prefix = f"tabnine_{subject}_" if subject else "tabnine_"
    by = f", by {subject}" if subject else ""
    api = f"Tabnine {subject or 'organization'} usage API, polled; by UTC day, today's still moves"
    newest = "on the newest settled UTC day"
    labels = {"": (), "team": ("team_name",), "user": ("user",)}[subject]
    people = subject == "user"
    group = "team_name" if subject == "team" else None

    def gauge(name: str, text: str) -> Metric:
        return Metric(
            f"{prefix}{name}",
            MetricType.GAUGE,
            f"{text} {newest}{by} ({api}).",
            labels,
            merge=Merge.DROP,
            group=group,
        )

    counters = tuple(
        (
            Metric(
                f"{prefix}{name}_total",
                MetricType.COUNTER,
                f"{text}{by} ({api}).",
                labels,
                people=people,
                group=group,
            ),
            value,
        )
        for name, text, value in _COUNTED
    )
    if people:
        return Families(counters)
    return Families(
        counters,
        tuple((gauge(name, text), value) for name, text, value in _DISTINCT),
        tuple((gauge(name, text), value) for name, text, value in _RATIOS),
    )


def count(
    poll: Poll[TabnineTarget, OptionsT],
    reading: Reading,
    shown: Families,
    days: Mapping[int, Bucket],
    window: Window,
    labels: tuple[str, ...] = (),
    identity: str = "",
    *,
    sparse: bool = False,
) -> None:
    """Add what the days of `window` hold to the reading.

    `sparse` leaves out what is zero, where the coverage says so already: among many, most are.
    """
    zero = poll.options.missing_days == "zero"
    reading.records += len(days)
    used = [day + DAY for day, bucket in days.items() if _used(bucket)]
    if used:
        until = min(max(used), int(poll.now))
        reading.data_until = max(until, reading.data_until or 0)
    for metric, value in shown.counters:
        for day, bucket in days.items():
            number = value(bucket)
            if number or (number is not None and not (sparse and zero)):
                reading.samples.append(Sample(metric, labels, number, day, identity))
        if not days and zero and not sparse:
            # The counters of something that nobody uses are there, at zero.
            reading.samples.append(Sample(metric, labels, 0, window.start, identity))
    # The part is named also where the answer speaks for no day: identities of people begin with it.
    said = window if zero else Window(window.start, window.start)
    reading.coverage.append(Coverage(shown.covered(days), said, identity))


def measured(
    poll: Poll[TabnineTarget, OptionsT],
    shown: Families,
    days: Mapping[int, Bucket],
    window: Window,
    labels: tuple[str, ...] = (),
) -> Iterator[Sample]:
    """The gauges of the newest settled day; neither people nor ratios may be added up over days.

    Of a day that the answer leaves out nobody was active and no ratio is known.
    """
    day = settled_day(poll.now)
    if day in days:
        for metric, value in (*shown.distinct, *shown.ratios):
            number = value(days[day])
            if number is not None:
                yield Sample(metric, labels, number)
    elif day in window and poll.options.missing_days == "zero":
        for metric, value in shown.distinct:
            if any(value(bucket) is not None for bucket in days.values()):
                yield Sample(metric, labels, 0)


def _used(bucket: Bucket) -> bool:
    return bucket.active_users > 0 or any(value(bucket) for _, _, value in _COUNTED)
