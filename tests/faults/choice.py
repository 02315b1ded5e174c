"""Which part of the campaign is asked for: streams and faults by patterns of their names."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

import click

from tests.faults.forms import FORMS, Form
from tests.faults.table import FAULTS, Fault


class _Name(click.ParamType[str]):
    """A pattern that fits at least one of the known names."""

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        self.name = kind
        self._known = sorted(set(known))

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        pattern = str(value)
        if not any(fnmatchcase(name, pattern) for name in self._known):
            self.fail(f"no {self.name} is like {pattern!r}: {', '.join(self._known)}", param, ctx)
        return pattern


class StreamName(_Name):
    """VENDOR/STREAM."""

    def __init__(self) -> None:
        super().__init__("stream", (each for form in FORMS.values() for each in _full_names(form)))


class FaultName(_Name):
    """The name of a fault in the table."""

    def __init__(self) -> None:
        super().__init__("fault", (fault.name for fault in FAULTS))


def chosen_forms(patterns: Sequence[str]) -> list[Form]:
    """The forms with those of their streams that are asked for, without the forms that have none."""
    forms = []
    for form in FORMS.values():
        names = _full_names(form)
        streams = {
            name: options
            for (name, options), full in zip(form.streams.items(), names, strict=True)
            if _is_chosen(full, patterns)
        }
        if streams:
            forms.append(replace(form, streams=streams))
    return forms


def chosen_faults(patterns: Sequence[str]) -> list[Fault]:
    """The faults that are asked for, in the order of the table."""
    return [fault for fault in FAULTS if _is_chosen(fault.name, patterns)]


def _full_names(form: Form) -> list[str]:
    return [f"{form.account.vendor.name}/{name}" for name in form.streams]


def _is_chosen(name: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(fnmatchcase(name, pattern) for pattern in patterns)
