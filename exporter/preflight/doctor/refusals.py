"""A credential that is refused is one failure, whatever was asked with it."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from exporter.client.errors import State
from exporter.preflight.doctor.finding import Finding, Level
from exporter.vendors.base import Target


def told_once(checked: Iterable[tuple[Target, Sequence[Finding]]]) -> Iterator[Finding]:
    """All findings; of those that one credential was refused for the same reason, the first tells of it."""
    first: dict[tuple[str, str, str | None], Finding] = {}
    for target, findings in checked:
        for one in findings:
            if one.state is not State.UNAUTHORIZED:
                yield one
                continue
            told = first.setdefault((target.base_url, target.auth.place, one.remedy), one)
            yield one if told is one else _pointing(one, told)


def _pointing(one: Finding, told: Finding) -> Finding:
    """A finding that says where the same refusal is explained."""
    elsewhere = "" if told.target == one.target else f"{told.target} "
    return msgspec.structs.replace(
        one,
        level=Level.SKIP,
        message=f"the same credential was refused: see {elsewhere}{told.stream or told.check}",
        remedy=None,
        document=None,
    )
