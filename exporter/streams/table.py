"""A table of metrics, each bound to the field of a typed record that it shows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Generic, Self, TypeAlias, TypeVar, get_type_hints

import msgspec

from exporter.model import Merge, Metric, MetricType, Sample
from exporter.streams.dates import unix
from exporter.streams.payload import is_struct, members

RecordT = TypeVar("RecordT")

Field: TypeAlias = str | tuple[str, ...]
"""A dotted path such as `chat.messages`; of several the first that has a value is taken."""
_Value: TypeAlias = Callable[[Any], Any]


def gauge(name: str, help_text: str, labels: tuple[str, ...] = (), **more: Any) -> Metric:
    """A gauge that is no field of a record."""
    return Metric(name, MetricType.GAUGE, help_text, labels, **more)


def counter(name: str, help_text: str, labels: tuple[str, ...] = (), **more: Any) -> Metric:
    """A counter that is no field of a record."""
    return Metric(name, MetricType.COUNTER, help_text, labels, **more)


@dataclass(frozen=True, slots=True)
class Column:
    """A metric and how its value is taken from a record."""

    metric: Metric
    value: _Value


class Table(Generic[RecordT]):
    """Metrics of one kind of record; `api` says in HELP where the data are from and how late they are.

    The names and paths are checked when the module is imported: a path that the record lacks raises
    TypeError. What is given to the table, such as `labels`, holds for each of its metrics.
    """

    def __init__(self, record: type[RecordT], *, api: str, **common: Any) -> None:
        self.columns: list[Column] = []
        self._record = record
        self._api = api
        self._common = common

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return tuple(column.metric for column in self.columns)

    @property
    def counters(self) -> tuple[Metric, ...]:
        return tuple(m for m in self.metrics if m.type is MetricType.COUNTER)

    @property
    def gauges(self) -> tuple[Metric, ...]:
        return tuple(m for m in self.metrics if m.type is MetricType.GAUGE)

    def counter(self, name: str, help_text: str, field: Field | _Value, **more: Any) -> Metric:
        """Add a counter; returns its metric."""
        return self._add(MetricType.COUNTER, name, help_text, field, more)

    def gauge(self, name: str, help_text: str, field: Field | _Value, **more: Any) -> Metric:
        """Add a gauge; returns its metric."""
        return self._add(MetricType.GAUGE, name, help_text, field, more)

    def ratio(self, name: str, help_text: str, field: Field | _Value, **more: Any) -> Metric:
        """Add a gauge whose values cannot be added up."""
        return self.gauge(name, help_text, field, merge=Merge.DROP, **more)

    def counters_named(self, names: str, fields: str, helps: Mapping[str, str]) -> Self:
        """Add counters whose names tell their fields; `helps` has the help of each name.

        What is at the `*` of `names` in a name is at that of `fields` in its field. Returns the table.
        """
        return self._add_named(MetricType.COUNTER, names, fields, helps)

    def gauges_named(self, names: str, fields: str, helps: Mapping[str, str]) -> Self:
        """Add gauges in the same way."""
        return self._add_named(MetricType.GAUGE, names, fields, helps)

    def shows(self, metric: Metric, field: Field | _Value) -> None:
        """Add a metric that is declared elsewhere, such as one that vendors have in common."""
        self.columns.append(Column(metric, getter(self._record, field)))

    def samples(
        self,
        record: RecordT,
        labels: tuple[str, ...] = (),
        bucket: int | None = None,
        partition: str = "",
        key: str = "",
        *,
        only: Sequence[Metric] | None = None,
    ) -> Iterator[Sample]:
        """The values of a record, without those that it lacks: they are unknown, not 0.

        A time is shown in Unix seconds.
        """
        for column in self.columns:
            if only is None or column.metric in only:
                value = column.value(record)
                if isinstance(value, datetime):
                    value = int(unix(value))
                if value is not None:
                    yield Sample(column.metric, labels, value, bucket, partition, key)

    def count(self, record: RecordT, bucket: int) -> tuple[list[Sample], tuple[Metric, ...]]:
        """What a record counts, and the metrics that it gives in full: those that it has."""
        samples = [*self.samples(record, bucket=bucket)]
        return samples, tuple(sample.metric for sample in samples)

    def _add_named(
        self, kind: MetricType, names: str, fields: str, helps: Mapping[str, str]
    ) -> Self:
        before, after = names.split("*")
        for name, help_text in helps.items():
            if not (name.startswith(before) and name.endswith(after)):
                raise TypeError(f"{name} is not named like {names}")
            part = name.removeprefix(before).removesuffix(after)
            self._add(kind, name, help_text, fields.replace("*", part), {})
        return self

    def _add(
        self,
        kind: MetricType,
        name: str,
        help_text: str,
        field: Field | _Value,
        more: dict[str, Any],
    ) -> Metric:
        metric = Metric(name, kind, f"{help_text} ({self._api}).", **{**self._common, **more})
        self.columns.append(Column(metric, getter(self._record, field)))
        return metric


def getter(record: type[Any], field: Field | _Value) -> _Value:
    """What reads a field of a record; None where it, or a record on the way to it, is absent."""
    if callable(field):
        return field
    if isinstance(field, tuple):
        first, *others = (getter(record, each) for each in field)
        if not others:
            return first

        def either(found: Any) -> Any:
            values = (first(found), *(other(found) for other in others))
            return next((value for value in values if value is not None), None)

        return either
    steps = field.split(".")
    _check(record, steps, field)
    if len(steps) == 1:
        name = steps[0]
        return lambda found: getattr(found, name)

    def nested(found: Any) -> Any:
        for step in steps:
            if found is None:
                return None
            found = getattr(found, step)
        return found

    return nested


def _check(record: type[Any], steps: Sequence[str], field: str) -> None:
    """Raise TypeError where a record has no such field."""
    at: Any = record
    for step in steps:
        structs = [part for part in members(at) if is_struct(part)]
        hint = next((_hint(struct, step) for struct in structs if _hint(struct, step)), None)
        if hint is None:
            raise TypeError(f"{record.__name__} has no field {field!r}: {step!r} is not there")
        at = hint


def _hint(struct: type[msgspec.Struct], name: str) -> Any:
    found = _hints(struct).get(name)
    if found is None and isinstance(getattr(struct, name, None), property):
        getter_of = getattr(struct, name).fget
        return get_type_hints(getter_of).get("return", object)
    return found


@cache
def _hints(struct: type[msgspec.Struct]) -> Mapping[str, Any]:
    """The types of its fields, which many columns ask for."""
    return get_type_hints(struct, include_extras=True)
