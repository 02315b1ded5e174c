"""What is told of a field that cannot be read."""

import pytest

from exporter.streams import kit


@pytest.mark.parametrize(
    "held",
    ["Wanda Walrus", "Wanda\nWalrus", "Wanda\\Walrus", "O'Walrus", "Walrus " * 100, "Wałęsa"],
)
@pytest.mark.parametrize("check", [int, kit.moment])
def test_what_a_field_holds_is_not_quoted(check: type[int], held: str) -> None:
    """Python's own messages do, with escapes and in part: the field is named, and nothing else."""
    with pytest.raises(ValueError, match="field `timestamp`: what it holds cannot be read"):
        kit.checked("timestamp", check, held)


def test_a_reason_that_quotes_nothing_is_told() -> None:
    def refuse(_: str) -> None:
        raise ValueError("the day is another")

    with pytest.raises(ValueError, match="field `day`: the day is another"):
        kit.checked("day", refuse, "2026-01-05")
