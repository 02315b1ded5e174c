"""The world's time."""

import pytest

from exporter.simulator.world.world_clock import WorldClock
from tests.simulator.support import Wall


def test_time_passes_at_its_speed_and_can_stand_still_and_jump() -> None:
    """Freezing keeps the moment, thawing goes on from it."""
    wall = Wall()
    clock = WorldClock(wall, start=100.0, speed=60)
    wall.now += 1
    assert clock.time() == 160
    clock.freeze()
    wall.now += 10
    clock.advance(5)
    assert clock.time() == 165
    clock.thaw()
    wall.now += 2
    assert clock.time() == 285


def test_time_never_goes_back() -> None:
    """Neither a negative jump nor a speed that is not above 0 is taken."""
    clock = WorldClock(Wall())
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(-1)
    with pytest.raises(ValueError, match="freeze"):
        WorldClock(Wall(), speed=0)
