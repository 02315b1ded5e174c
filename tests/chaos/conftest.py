"""What the tests of this folder share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.vendor import AuditLog


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    """An audit log whose units a test posts."""
    log = AuditLog(tmp_path)
    yield log
    log.stop()
