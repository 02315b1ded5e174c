"""Runs the benchmarks and prints their rows.

A benchmark is a module of this package with a function `rows() -> Iterable[Row]`.
"""

import importlib
import pkgutil
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

RUNS = 5
TIMES = "\N{MULTIPLICATION SIGN}"
"""The unit of a ratio."""


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement; `ratio` rows lead the table, being what other machines can compare."""

    name: str
    value: float
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def is_ratio(self) -> bool:
        return self.unit == TIMES

    @property
    def missed(self) -> bool:
        return (self.at_least is not None and self.value < self.at_least) or (
            self.at_most is not None and self.value > self.at_most
        )

    @property
    def goal(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g} {self.unit}"
        return f"≤ {self.at_most:g} {self.unit}" if self.at_most is not None else ""


def cpu_seconds(work: Callable[[], object], runs: int = RUNS) -> float:
    """The median CPU time, of all threads, that a call of `work` takes."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def table(rows: Iterable[Row]) -> str:
    """The rows in Markdown, ratios first."""
    lines = ["| measurement | value | goal | | note |", "|---|---:|---:|---|---|"]
    for row in sorted(rows, key=lambda row: not row.is_ratio):
        verdict = "" if not row.goal else "MISSED" if row.missed else "met"
        lines.append(
            f"| {row.name} | {row.value:,.4g} {row.unit} | {row.goal} | {verdict} | {row.note} |"
        )
    return "\n".join(lines)


def benchmarks() -> list[str]:
    """The names of the modules of this package that measure something."""
    names = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return sorted(name for name in names if hasattr(_module(name), "rows"))


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"bench.{name}")


def main(arguments: Sequence[str]) -> int:
    """Print the table; with `--check` a missed goal is a failure."""
    chosen = [argument for argument in arguments if argument != "--check"]
    known = benchmarks()
    unknown = sorted(set(chosen) - set(known))
    if unknown:
        print(f"bench: no module {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    rows: list[Row] = []
    for name in chosen or known:
        rows += _module(name).rows()
    print(table(rows))
    return int("--check" in arguments and any(row.missed for row in rows))
