"""Odd rows in the answers of a fake vendor, wherever an answer has rows."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import httpx

from tests.streams.harness import Path_, Route

Odd: TypeAlias = Callable[[Any], Any]
"""An odd row, made of a good one."""


class Spot(NamedTuple):
    """A list or mapping of rows in the answers of a route; within rows, that of the row at an index."""

    route: str
    path: Path_

    @property
    def is_outer(self) -> bool:
        """Whether it is not within another row."""
        return not any(isinstance(step, int) for step in self.path)

    @property
    def name(self) -> str:
        return ".".join(str(step) for step in self.path if isinstance(step, str))


def wrong_kind(row: Any) -> Any:
    """Every field holds what none can."""
    return dict.fromkeys(row, "odd" if _is_csv(row) else [1])


def nothing(row: Any) -> Any:
    """Null; in a CSV a row with one cell."""
    return dict.fromkeys(list(row)[:1], "odd") if _is_csv(row) else None


@dataclass
class Recorder:
    """Notes where the answers of a vendor have rows, and changes none."""

    spots: list[Spot] = field(default_factory=list)

    def __call__(self, route: Route, response: httpx.Response) -> httpx.Response:
        known = {(spot.route, spot.name) for spot in self.spots}
        for path in _places(_read(response), ()):
            spot = Spot(route.path, path)
            if (route.path, spot.name) not in known:
                known.add((route.path, spot.name))
                self.spots.append(spot)
        return response


@dataclass
class OneMore:
    """Puts an odd row beside the others of a spot, into the first answer that has rows there."""

    spot: Spot
    odd: Odd
    row: Any = None

    def __call__(self, route: Route, response: httpx.Response) -> httpx.Response:
        if route.path != self.spot.route or self.row is not None:
            return response
        document = _read(response)
        rows = _at(document, self.spot.path)
        if not rows:
            return response
        self.row = next(iter(_values(rows)))
        if self.spot.path:
            _raise_totals(_at(document, self.spot.path[:-1]), len(rows))
        if isinstance(rows, list):
            rows.append(self.odd(self.row))
        else:
            rows["one more"] = self.odd(self.row)
        return _written(response, document)


@dataclass
class AllOdd:
    """Puts odd rows in the place of all rows of a spot, or what is no list in the place of the list."""

    spot: Spot
    odd: Odd | None

    def __call__(self, route: Route, response: httpx.Response) -> httpx.Response:
        document = _read(response)
        if route.path != self.spot.route or not (rows := _at(document, self.spot.path)):
            return response
        if self.odd is None:
            if not self.spot.path:
                return _written(response, "odd")
            _at(document, self.spot.path[:-1])[self.spot.path[-1]] = "odd"
        elif isinstance(rows, list):
            rows[:] = [self.odd(row) for row in rows]
        else:
            rows.update({name: self.odd(row) for name, row in rows.items()})
        return _written(response, document)


@dataclass
class Fails:
    """Answers all requests to a route in the same way."""

    path: str
    answer: Callable[[], httpx.Response]

    def __call__(self, route: Route, response: httpx.Response) -> httpx.Response:
        return self.answer() if route.path == self.path else response


def _places(value: Any, path: Path_) -> Iterator[Path_]:
    if isinstance(value, list | dict) and are_rows(value):
        yield path
        for index, row in enumerate(value) if isinstance(value, list) else ():
            for name, inner in row.items():
                yield from _places(inner, (*path, index, name))
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _places(inner, (*path, name))


def are_rows(value: Any) -> bool:
    """Whether something has objects for rows; those of a mapping have the same fields."""
    rows = list(_values(value))
    if not rows or not all(isinstance(row, dict) for row in rows):
        return False
    return isinstance(value, list) or (
        len(rows) > 1 and all(set(row) == set(rows[0]) for row in rows)
    )


def _values(rows: Any) -> Any:
    return rows if isinstance(rows, list) else rows.values()


def _at(value: Any, path: Path_) -> Any:
    """What is at a place; None where it is not there."""
    for step in path:
        try:
            value = value[step]
        except (IndexError, KeyError, TypeError):
            return None
    return value


def _raise_totals(envelope: Any, rows: int) -> None:
    """Let the envelope of a list say that it has a row more."""
    if isinstance(envelope, dict):
        for name, value in envelope.items():
            if name.lower().startswith("total") and value == rows:
                envelope[name] = rows + 1


def _is_csv(row: Any) -> bool:
    return isinstance(row, _Cells)


class _Cells(dict[str, str]):
    """A row of a CSV."""


def _kind(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0]


def _read(response: httpx.Response) -> Any:
    """The rows of a CSV or of a file of JSON lines, or a JSON document; None for anything else."""
    if response.status_code != 200:
        return None
    text = response.content.decode()
    if _kind(response) == "text/csv":
        return [_Cells(row) for row in csv.DictReader(io.StringIO(text))]
    if _kind(response) == "application/octet-stream":
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text)


def _written(response: httpx.Response, document: Any) -> httpx.Response:
    headers = {k: v for k, v in response.headers.items() if not k.startswith("content-length")}
    if _kind(response) == "text/csv":
        text = io.StringIO()
        writer = csv.writer(text)
        [header, *_] = csv.reader(io.StringIO(response.content.decode()))
        writer.writerows([header, *(list(row.values()) for row in document)])
        content = text.getvalue()
    elif _kind(response) == "application/octet-stream":
        content = "".join(json.dumps(row) + "\n" for row in document)
    else:
        content = json.dumps(document)
    return httpx.Response(200, content=content.encode(), headers=headers)
