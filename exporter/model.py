"""The nouns of the pipeline: metrics, samples, windows and buckets."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, TypeAlias

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

OTHER = "other"
"""The label value that a folded series is added to."""
UNKNOWN = "unknown"
"""The label value where the vendor gives none."""
UNKNOWN = "unknown"
"""The label value where the vendor gives none."""

Number: TypeAlias = int | Decimal
"""What the ledger adds up: exact, never a float."""


class MetricType(enum.StrEnum):
    """The type of a metric, as Prometheus spells it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Merge(enum.Enum):
    """How values whose labels became equal are made one."""

    SUM = "sum"
    MAX = "max"
    DROP = "drop"
    """A ratio or another value that cannot be combined: a folded series is left out."""


class Scope(enum.Enum):
    """The labels that the exporter itself puts in front of a metric's own."""

    ACCOUNT = enum.auto()
    VENDOR_ACCOUNT = enum.auto()
    STREAM = enum.auto()
    EXPORTER = enum.auto()

    @property
    def labels(self) -> tuple[str, ...]:
        return _SCOPE_LABELS[self]


_SCOPE_LABELS: dict[Scope, tuple[str, ...]] = {
    Scope.ACCOUNT: ("account",),
    Scope.VENDOR_ACCOUNT: ("vendor", "account"),
    Scope.STREAM: ("vendor", "account", "stream"),
    Scope.EXPORTER: (),
}


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One row of the catalogue.

    `labels` are the metric's own, after those of its scope. `people` marks a family whose series are
    persons: it exists only where the configuration asks for people. `names_people` marks one where
    some labels can name a person. `foldable_labels` are those that a
    vendor can grow without end; they turn to `other` when a series is folded (default: all). `group` is
    the label that names a group of people, where the series say what those people do.
    """

    name: str
    type: MetricType
    help: str
    labels: tuple[str, ...] = ()
    scope: Scope = Scope.ACCOUNT
    people: bool = False
    names_people: bool = False
    foldable_labels: tuple[str, ...] | None = None
    merge: Merge = Merge.SUM
    group: str | None = None

    @property
    def label_names(self) -> tuple[str, ...]:
        """All label names, the scope's first."""
        return self.scope.labels + self.labels

    def folded(self, labels: tuple[str, ...]) -> tuple[str, ...]:
        """The label values that a series of this metric is added to when it is folded.

        An empty one stays empty: to Prometheus the series does not have that label.
        """
        foldable_labels = self.labels if self.foldable_labels is None else self.foldable_labels
        return tuple(
            OTHER if name in foldable_labels and value else value
            for name, value in zip(self.labels, labels, strict=True)
        )

    def merged(self, one: "Number | float", other: "Number | float") -> "Number | float":
        """Two values whose labels became equal as one; of those that cannot be combined the last."""
        if self.merge is Merge.SUM:
            return one + other  # type: ignore[operator]  # a Decimal never meets a float here
        return max(one, other) if self.merge is Merge.MAX else other


class Person(str):
    """A label value that names a person; the privacy step decides what becomes of it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """The half-open range [start, end) in Unix seconds."""

    start: int
    end: int

    def __contains__(self, moment: float) -> bool:
        return self.start <= moment < self.end

    def buckets(self, size: int) -> Iterator["Window"]:
        """The aligned buckets that touch this window, oldest first, the last one cut at its end."""
        start = floor(self.start, size)
        while start < self.end:
            yield Window(start, min(start + size, self.end))
            start += size

    def split(self, longest: int) -> Iterator["Window"]:
        """Consecutive windows of at most `longest` seconds."""
        start = self.start
        while start < self.end:
            yield Window(start, min(start + longest, self.end))
            start += longest


class Sample(NamedTuple):
    """A value of one series; `bucket` is the start of its slice where the metric is a counter.

    `partition` is the part of the account that was asked for, such as a team by its id. `key` is what the
    vendor knows the counted thing by, where its labels are only its name. Things of the same name are
    counted apart, and a thing that is renamed is not counted again.
    """

    metric: Metric
    labels: tuple[str, ...]
    value: Number | float
    bucket: int | None = None
    partition: str = ""
    key: str = ""


class StreamKey(NamedTuple):
    """One stream of one target."""

    vendor: str
    account: str
    stream: str

    def __str__(self) -> str:
        return "/".join(self)


SeriesKey: TypeAlias = tuple[str, tuple[str, ...]]
"""A metric's name and the values of its own labels."""


GroupSizes: TypeAlias = dict[tuple[str, int | None], int]
"""How many people a group has: by the value of its label and the bucket, None for whatever bucket."""


class Slot(NamedTuple):
    """Where a value that was read is remembered: the start of its bucket, its partition and its key."""

    bucket: int
    partition: str = ""
    key: str = ""


@dataclass(slots=True)
class Series:
    """One counter. `debt` is what the vendor took back and growth has not yet paid for.

    `moved` is what the counter has of usage that was found in another series of the family since; below
    zero it is what other counters have of this one's. Over a family it is zero. Less `debt` and `moved`
    the counter is the sum of the newest values, less what the baseline held. Until it is `released` it
    is shown at 0, so that its first growth can be seen.
    """

    created: float
    counter: Number = 0
    debt: Number = 0
    moved: Number = 0
    released: bool = False
    slots: dict[Slot, Number] = field(default_factory=dict)

    def pay(self, amount: Number) -> Number:
        """Pay the debt with growth; returns what of it is left to count."""
        paid = min(self.debt, amount)
        self.debt -= paid
        return amount - paid

    def set(self, slot: Slot, value: Number) -> None:
        """Take a value without counting it. A zero needs no memory: an unknown slot is zero too."""
        if value:
            self.slots[slot] = value
        else:
            self.slots.pop(slot, None)


@dataclass(frozen=True, slots=True)
class Coverage:
    """What an answer speaks for.

    A slot of a counter inside `window` without a sample is a zero. A series of a gauge, which has no
    window, is gone without a sample. `partition` narrows it to one; None is all of them.
    """

    metrics: tuple[Metric, ...]
    window: Window | None = None
    partition: str | None = None

    def __contains__(self, slot: Slot) -> bool:
        return (
            self.window is not None
            and slot.bucket in self.window
            and self.partition in (None, slot.partition)
        )


@dataclass(frozen=True, slots=True)
class Histogram:
    """Cumulative counts by upper bound (without +Inf), the sum and the count of observations."""

    buckets: tuple[tuple[float, int], ...]
    sum: float
    count: int


class Point(NamedTuple):
    """One exposed series: all label values in the order of `Metric.label_names`."""

    labels: tuple[str, ...]
    value: Number | float | Histogram
    created: float | None = None


def floor(moment: float, size: int) -> int:
    """The start of the aligned bucket of `size` seconds that holds `moment`."""
    return int(moment // size) * size
