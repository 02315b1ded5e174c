"""A machine whose clock is set back by hours, or forward by days and back again."""

import pytest

from tests.chaos.vendor import AuditLog

pytestmark = pytest.mark.process

HOUR, DAY = 3_600, 86_400


@pytest.mark.parametrize("step", [-5 * HOUR, 5 * DAY, 40 * DAY], ids=["-5h", "+5d", "+40d"])
def test_a_clock_set_wrong_for_some_polls_neither_adds_nor_loses(log: AuditLog, step: int) -> None:
    """What was posted before, while and after is counted once; the stream is well at the end."""
    log.post()
    with log.daemon() as daemon:
        daemon.wait_for_events(5)
        log.clock.set(log.clock.time() + step)
        log.post(3)
        daemon.wait_for_polls()
        log.clock.set(log.clock.time() - step)
        log.post(4)
        daemon.wait_for_events(12)
        daemon.wait_for_state("ok")
        daemon.wait_for_polls()
        assert daemon.events == 12
