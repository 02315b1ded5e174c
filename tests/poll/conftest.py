"""What tests of polls share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.poll.rig import Rig


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    rig = Rig(tmp_path)
    rig.start()
    yield rig
    await rig.store.close()
