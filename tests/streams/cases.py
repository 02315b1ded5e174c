"""The streams under contract: every `case.py` in a folder of a vendor and a stream."""

from importlib import import_module
from pathlib import Path

from tests.streams.harness import Case

HERE = Path(__file__).parent


def _found() -> list[Case]:
    modules = [
        import_module(f"tests.streams.{path.parent.parent.name}.{path.parent.name}.case")
        for path in sorted(HERE.glob("*/*/case.py"))
    ]
    return [module.CASE for module in modules]


CASES: tuple[Case, ...] = tuple(_found())
