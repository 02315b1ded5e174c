"""Values as they stand in the columns of the state file, and as the exporter has them."""

import json
from decimal import Decimal

from exporter.model import Number
from exporter.store.store import LeftOut, OddAnswers, Walk

_LARGEST = 2**63 - 1


def stored(value: Number | float) -> int | float | str:
    """Integers as they are, anything wider or decimal as exact text."""
    if isinstance(value, Decimal) or (isinstance(value, int) and abs(value) > _LARGEST):
        return str(value)
    return value


def exact(value: object) -> Number:
    if isinstance(value, int):
        return value
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no exact number")
    return int(value) if value.lstrip("-").isdigit() else Decimal(value)


def whole(value: object) -> int | None:
    if value is None or isinstance(value, int):
        return value
    raise TypeError(f"{value!r} is no whole number")


def walk(began: float, start: int, after: str, until: int | None = None) -> Walk:
    return Walk(float(began), int(start), text(after), whole(until))


def odd(polls: int, searched: float, left_out: list[tuple[int, int, float, str]]) -> OddAnswers:
    ranges = [LeftOut(int(a), int(b), float(tried), text(why)) for a, b, tried, why in left_out]
    return OddAnswers(int(polls), float(searched), ranges)


def moment(value: float | None) -> float | None:
    return None if value is None else float(value)


def text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def decoded(value: str) -> str:
    return text(json.loads(value))


def texts(value: str) -> tuple[str, ...]:
    return tuple(map(text, json.loads(value)))


def value(value: object) -> Number | float:
    return value if isinstance(value, float) else exact(value)
