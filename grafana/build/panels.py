"""The few kinds of panels that the dashboards are made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

COUNTED = "locale"
"""The unit of what is counted: whole numbers, with thousands apart."""

Steps: TypeAlias = Mapping[float, str] | Mapping[int, str]
"""From which value on which colour holds."""


@dataclass(frozen=True)
class Query:
    """An expression, in which `{@` stands for the matchers of the dashboard's variables."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Word:
    """What is shown in place of a value."""

    text: str
    colour: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """What every panel has; `note` says what its data can and cannot show, `missing` what none means."""

    title: str
    note: str
    unit: str = COUNTED
    width: int = 8
    height: int = 8
    repeat: str | None = None
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Stat(Panel):
    """One number an item; `words` replace values, and the whole panel has their colour."""

    query: Query
    width: int = 4
    steps: Steps = field(default_factory=dict)
    words: Mapping[int, Word] = field(default_factory=dict)
    decimals: int | None = None


@dataclass(frozen=True, kw_only=True)
class Lines(Panel):
    """Numbers over time, on one scale from 0."""

    queries: Sequence[Query]
    stacked: bool = False
    maximum: float | None = None


@dataclass(frozen=True)
class Column:
    """A column of a table; `missing` stands in its empty cells."""

    name: str
    expr: str
    unit: str = COUNTED
    steps: Steps = field(default_factory=dict)
    words: Mapping[int, Word] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """A row for each combination of `keys` (label to heading), the largest first."""

    keys: Mapping[str, str]
    columns: Sequence[Column]
    sort_by: str = ""
    descending: bool = True
    width: int = 12
