"""Money and quantities of bills as exact decimals, bounded so that every sum of them is exact too."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache

from exporter.streams import kit

ZERO = Decimal(0)

_PLACES = 12
_FINEST = Decimal(1).scaleb(-_PLACES)
_DIGITS = 15
"""A total has 28 digits, which is where Python's decimals begin to round."""


class NotAnAmountError(ValueError):
    """A text or number that no bill can mean."""


def exact(value: Decimal) -> Decimal:
    """The amount, rounded where it is finer than any price; raises NotAnAmountError."""
    if not value.is_finite():
        raise NotAnAmountError("not a finite number")
    if not value:
        return ZERO
    if value.adjusted() >= _DIGITS:
        raise NotAnAmountError("too large")
    if int(value.as_tuple().exponent) >= -_PLACES:
        return value
    return value.quantize(_FINEST, ROUND_HALF_EVEN)


@lru_cache(maxsize=65_536)
def amount(text: str) -> Decimal:
    """The amount that a cell of a CSV file holds; raises NotAnAmountError."""
    try:
        return exact(Decimal(text))
    except InvalidOperation as error:
        raise NotAnAmountError("not a number") from error


@contextmanager
def amounts_of(place: str) -> Iterator[None]:
    """Around the reading of amounts: one that is none is a SchemaError that names the place."""
    try:
        yield
    except NotAnAmountError as error:
        raise kit.SchemaError(f"{place}: an amount is {error}") from error
