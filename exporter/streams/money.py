"""Money and quantities as exact decimals, bounded so that every sum of them is exact too."""

from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from functools import lru_cache

ZERO = Decimal(0)

_PLACES = 12
_FINEST = Decimal(1).scaleb(-_PLACES)
_DIGITS = 15
"""A total has 28 digits, which is where Python's decimals begin to round."""


class NotAnAmountError(ValueError):
    """A text or number that can be no amount."""


def exact(value: Decimal) -> Decimal:
    """The amount, rounded where it is finer than any price; raises NotAnAmountError."""
    if not value.is_finite():
        raise NotAnAmountError("an amount is not a finite number")
    if not value:
        return ZERO
    if value.adjusted() >= _DIGITS:
        raise NotAnAmountError("an amount is too large")
    if int(value.as_tuple().exponent) >= -_PLACES:
        return value
    return value.quantize(_FINEST, ROUND_HALF_EVEN)


def charge(value: Decimal) -> Decimal:
    """The amount, which cannot be below zero; raises NotAnAmountError.

    A NaN can be compared with nothing, so it is found before.
    """
    charged = exact(value)
    if charged < 0:
        raise NotAnAmountError("an amount is below zero")
    return charged


@lru_cache(maxsize=65_536)
def amount(text: str) -> Decimal:
    """The amount that a cell of a CSV file holds; raises NotAnAmountError."""
    try:
        return exact(Decimal(text))
    except InvalidOperation as error:
        raise NotAnAmountError("an amount is not a number") from error
