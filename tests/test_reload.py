"""Reading the configuration again: what changed begins anew, all else runs on, a bad file changes nothing."""

import asyncio
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exporter.model import StreamKey
from exporter.runtime.sighup import Sighup
from exporter.store.sqlite import SQLiteStore
from exporter.store.store import StoreError, StreamState
from tests.running import PATIENCE, Running, Vendors

HOURLY = {"interval": "1h"}
SEATS, LIMIT = "*/copilot/billing/seats", "*/rate_limit"
GOOD = "usage_exporter_config_last_reload_successful"
GOOD_AT = "usage_exporter_config_last_reload_success_timestamp_seconds"
POLLS = "usage_exporter_polls_total"
INTERVAL = "usage_exporter_poll_interval_seconds"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reload that waits for polls to end for as long as a test waits."""
    monkeypatch.setattr("exporter.runtime.targets.GRACE", PATIENCE)


async def test_an_added_target_is_polled_and_the_others_are_not_polled_again(
    running: Running, vendors: Vendors
) -> None:
    """Nor do they lose their client or their plan; once ready, the exporter stays ready."""
    github = running.target("github", {"rate_limit": HOURLY})
    running.write(github)
    async with running.serving():
        await running.until(lambda: running.polled("rate_limit"))
        assert (await running.http.get("/-/ready")).status_code == 200
        [before] = running.app.jobs
        planned = before.status.next_poll
        go = vendors.hold("/cursor/*")
        running.write(running.target("cursor", {}), github)
        assert (await running.reload()).status_code == 200
        assert (await running.http.get("/-/ready")).status_code == 200
        assert [target.vendor for target in running.app.targets] == ["cursor", "github"]
        assert before is running.app.jobs[-1]
        go.set()
        await running.until(lambda: running.polled("ai_code_changes"))
        assert before.status.next_poll == planned
        assert vendors.count(LIMIT) == 1
        assert await running.value(POLLS, stream="rate_limit") == 1


async def test_a_stream_that_changes_ends_its_poll_and_begins_anew(
    running: Running, vendors: Vendors
) -> None:
    """Never two polls of it at once; its neighbour with the same client runs on through the reload."""
    streams = {"copilot_seats": HOURLY, "rate_limit": HOURLY}
    running.write(running.target("github", streams))
    seats, limit = vendors.hold(SEATS), vendors.hold(LIMIT)
    async with running.serving():
        await running.until(lambda: vendors.count(SEATS) == 1 and vendors.count(LIMIT) == 1)
        before = {job.key.stream: job for job in running.app.jobs}
        streams = {"copilot_seats": {"interval": "2h"}, "rate_limit": HOURLY}
        running.write(running.target("github", streams))
        assert (await running.reload()).status_code == 200
        assert await running.value(INTERVAL, stream="copilot_seats") == 7_200
        after = {job.key.stream: job for job in running.app.jobs}
        assert after["rate_limit"] is before["rate_limit"]
        assert after["copilot_seats"].client is before["copilot_seats"].client
        await running.until(lambda: vendors.count(SEATS) == 2)
        seats.set()
        limit.set()
        await running.until(lambda: running.polled("copilot_seats"))
        await running.until(lambda: running.polled("rate_limit"))
        assert await running.value(POLLS, stream="copilot_seats") == 2
        assert await running.value(POLLS, stream="rate_limit") == 1
        assert vendors.count(LIMIT) == 1


async def test_a_stream_that_fails_is_polled_at_once_and_fails_until_then(
    running: Running, vendors: Vendors
) -> None:
    """Other options may be the remedy; a reload alone makes nothing well."""
    token = running.directory / "github.token"
    state = "usage_exporter_stream_state"
    running.write(running.target("github", {"rate_limit": {"interval": "1s"}}))
    async with running.serving():
        await running.until(lambda: running.polled("rate_limit"))
        vendors.refused.add("wrong-token")
        token.write_text("wrong-token", encoding="utf-8")

        async def refused() -> bool:
            return await running.value(state, state="unauthorized") == 1

        await running.until(refused)
        go = vendors.hold(LIMIT)
        token.write_text("sim-github-token", encoding="utf-8")
        asked = vendors.count(LIMIT)
        running.write(running.target("github", {"rate_limit": HOURLY}))
        assert (await running.reload()).status_code == 200
        await running.until(lambda: vendors.count(LIMIT) > asked)
        assert await refused()
        assert await running.value("usage_exporter_up") == 0
        go.set()

        async def well() -> bool:
            return await running.value(state, state="ok") == 1

        await running.until(well)


async def refused(running: Running, vendors: Vendors) -> Path:
    """Have the credential of a stream refused; the file to put the right one into."""
    token = running.directory / "github.token"
    running.write(running.target("github", {"rate_limit": HOURLY, "copilot_seats": HOURLY}))
    vendors.refused.add("wrong-token")
    token.write_text("wrong-token", encoding="utf-8")
    return token


async def in_state(running: Running, state: str) -> bool:
    return await running.value("usage_exporter_stream_state", stream="rate_limit", state=state) == 1


async def test_a_reload_tries_at_once_what_was_refused(running: Running, vendors: Vendors) -> None:
    """Also where the configuration is the same: rights are given at the vendor."""
    await refused(running, vendors)
    async with running.serving():
        await running.until(lambda: in_state(running, "unauthorized"))
        vendors.refused.clear()
        assert (await running.reload()).status_code == 200
        await running.until(lambda: in_state(running, "ok"))


async def test_a_secret_file_that_changes_is_tried_at_once(
    running: Running, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a reload, and not within the hour that a refused credential otherwise waits."""
    monkeypatch.setattr("exporter.runtime.app.TICK", 0.05)
    token = await refused(running, vendors)
    async with running.serving():
        await running.until(lambda: in_state(running, "unauthorized"))
        asked = vendors.count(LIMIT)
        token.write_text("sim-github-token", encoding="utf-8")
        await running.until(lambda: in_state(running, "ok"))
        assert vendors.count(LIMIT) == asked + 1


async def test_a_poll_that_ends_in_time_is_kept(
    running: Running, vendors: Vendors, patient: None
) -> None:
    """What it read is committed, and it is not read again."""
    running.write(running.target("github", {"copilot_seats": HOURLY}))
    seats = vendors.hold(SEATS)
    async with running.serving():
        await running.until(lambda: vendors.count(SEATS) == 1)
        running.write(running.target("github", {"copilot_seats": {"interval": "2h"}}))
        reloading = asyncio.create_task(running.reload())
        await asyncio.sleep(0)
        seats.set()
        assert (await reloading).status_code == 200
        assert await running.polled("copilot_seats")
        assert await running.value(POLLS, stream="copilot_seats") == 1
        [job] = running.app.jobs
        assert (job.status.next_poll or 0) >= (job.status.last_success or 0) + 7_200


async def test_what_is_removed_disappears_and_goes_on_from_the_store(running: Running) -> None:
    """A counter of a stream that comes back stands where it stood, before any poll."""
    cursor, github = running.target("cursor", {}), running.target("github", {"rate_limit": HOURLY})
    running.write(github, cursor)
    async with running.serving():
        await running.until(lambda: running.polled("ai_code_changes"))
        await running.until(lambda: running.polled("ai_code_commits"))
        counted = await running.value("cursor_changes_total")
        assert counted
        running.write(github)
        assert (await running.reload()).status_code == 200
        page = (await running.http.get("/metrics")).text
        assert 'account="acme"' in page
        assert "cursor" not in "".join(
            line for line in page.splitlines(keepends=True) if line[0] != "#"
        )
        assert "ai_code_changes" not in (await running.http.get("/")).text

        running.write(github, cursor)
        assert (await running.reload()).status_code == 200
        assert await running.value("cursor_changes_total") == counted
        assert await running.value(POLLS, stream="ai_code_changes") == 0


async def test_a_stream_that_was_never_answered_can_be_removed(
    running: Running, vendors: Vendors
) -> None:
    """It holds neither readiness nor its target back, with the reload nor before."""
    vendors.hold(SEATS)
    running.write(running.target("github", {"copilot_seats": HOURLY, "rate_limit": HOURLY}))
    async with running.serving():
        await running.until(lambda: running.polled("rate_limit"))
        assert (await running.http.get("/-/ready")).status_code == 200
        assert await running.value("usage_exporter_up") is None
        running.write(running.target("github", {"rate_limit": HOURLY}))
        assert (await running.reload()).status_code == 200
        assert (await running.http.get("/-/ready")).status_code == 200
        assert await running.value("usage_exporter_up") == 1
        assert await running.value(POLLS, stream="copilot_seats") is None


async def test_another_credential_is_another_connection(running: Running, vendors: Vendors) -> None:
    """The streams of the target begin anew with it, and what it counts of requests goes on."""
    running.write(running.target("github", {"rate_limit": {"interval": "1s"}}))
    async with running.serving():
        await running.until(lambda: vendors.count(LIMIT) >= 2)
        other = running.directory / "other.token"
        other.write_text("another-token", encoding="utf-8")
        streams, auth = {"rate_limit": {"interval": "1s"}}, {"token_file": str(other)}
        running.write(running.target("github", streams, auth=auth))
        requests = await running.value("usage_exporter_api_requests_total") or 0
        assert (await running.reload()).status_code == 200
        await running.until(lambda: vendors.shown[-1] == "Bearer another-token")
        assert (await running.value("usage_exporter_api_requests_total") or 0) >= requests


async def test_a_change_of_privacy_forgets_people_at_once(running: Running) -> None:
    """Their names leave the page with the reload, not with the next poll."""
    users = running.target("tabnine", {"user_usage": HOURLY})
    running.write(users, privacy={"users": "plain"})
    async with running.serving():
        await running.until(lambda: running.polled("user_usage"))
        assert await running.value("tabnine_user_completions_total") is not None
        running.write(users)
        assert (await running.reload()).status_code == 200
        assert await running.value("tabnine_user_completions_total") is None
        assert "@" not in (await running.http.get("/metrics")).text


async def test_limits_and_counting_apply_to_what_runs(running: Running, vendors: Vendors) -> None:
    """A gauge that is older than the new `expire_after` is gone; nothing is polled for it."""
    github = running.target("github", {"copilot_seats": HOURLY})
    running.write(github)
    async with running.serving():
        await running.until(lambda: running.polled("copilot_seats"))
        assert await running.value("github_copilot_seats") is not None
        read_by = time.time()
        # The shortest time that a gauge can be shown.
        await running.until(lambda: time.time() > read_by + 1)
        running.write(github, counting={"expire_after": "1s"}, limits={"series_per_stream": 1})
        assert (await running.reload()).status_code == 200
        assert await running.value("github_copilot_seats") is None
        assert vendors.count(SEATS) == 1


def _not_yaml(running: Running) -> str:
    running.file.write_text("targets: [", encoding="utf-8")
    return "is not YAML"


def _unknown_key(running: Running) -> str:
    running.write(running.target("cursor", {}, colour="red"))
    return "unknown key"


def _missing_secret(running: Running) -> str:
    running.write(running.target("cursor", {}, auth={"token_file": "nowhere"}))
    return "nowhere cannot be read"


def _no_certificates(running: Running) -> str:
    running.write(running.target("cursor", {}, ca_file=str(running.file)))
    return "holds no PEM certificates"


def _other_state(running: Running) -> str:
    running.write(running.target("cursor", {}), state={"path": "elsewhere.db"})
    return "a restart is needed"


def _gone(running: Running) -> str:
    running.file.unlink()
    return "config.yaml: cannot be read"


@pytest.mark.parametrize(
    "spoil", [_not_yaml, _unknown_key, _missing_secret, _no_certificates, _other_state, _gone]
)
async def test_a_bad_file_is_refused_with_the_reason_and_all_runs_on(
    spoil: Callable[[Running], str],
    running: Running,
    vendors: Vendors,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """In the answer, in the log and as a metric; a good file sets it right."""
    running.write(running.target("github", {"rate_limit": {"interval": "1s"}}))
    good = running.file.read_text("utf-8")
    async with running.serving():
        await running.until(lambda: running.polled("rate_limit"))
        good_at = await running.value(GOOD_AT)
        assert await running.value(GOOD) == 1
        reason = spoil(running)
        answer = await running.reload()
        assert answer.status_code == 500
        assert answer.text.startswith("failed to reload config: ")
        assert reason in answer.text
        assert reason in caplog.text
        assert await running.value(GOOD) == 0
        assert await running.value(GOOD_AT) == good_at
        polls = vendors.count(LIMIT)
        await running.until(lambda: vendors.count(LIMIT) > polls)
        assert vendors.count("/cursor/*") == 0

        running.file.write_text(good, encoding="utf-8")
        assert (await running.reload()).status_code == 200
        assert await running.value(GOOD) == 1
        assert (await running.value(GOOD_AT) or 0) > (good_at or 0)


async def test_a_state_that_cannot_be_read_puts_everything_back(
    running: Running, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that was ended for the change is polled again, and what was to be added is not shown."""
    running.write(running.target("github", {"rate_limit": {"interval": "1s"}}))
    load = SQLiteStore.load

    async def failing(store: SQLiteStore, key: StreamKey) -> StreamState:
        if key.vendor == "cursor":
            raise StoreError("state file: disk I/O error")
        return await load(store, key)

    monkeypatch.setattr(SQLiteStore, "load", failing)
    async with running.serving():
        await running.until(lambda: running.polled("rate_limit"))
        streams = {"rate_limit": {"interval": "2s"}}
        running.write(running.target("github", streams), running.target("cursor", {}))
        answer = await running.reload()
        assert (answer.status_code, "disk I/O error" in answer.text) == (500, True)
        polls = vendors.count(LIMIT)
        await running.until(lambda: vendors.count(LIMIT) >= polls + 2)
        assert await running.value(INTERVAL) == 1
        assert await running.value(POLLS, vendor="cursor") is None
        assert await running.value("usage_exporter_up", vendor="cursor") is None


async def test_reloads_run_one_after_the_other(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asks while one runs gets the next, which reads the file again; all are answered."""
    running.write(running.target("github", {"rate_limit": HOURLY}))
    at_once, most = 0, 0
    read = running.read

    def watched() -> Any:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return read()
        finally:
            at_once -= 1

    monkeypatch.setattr(running, "read", watched)
    async with running.serving():
        answers = await asyncio.gather(*(running.reload() for _ in range(12)))
        assert {answer.status_code for answer in answers} == {200}
        assert most == 1
        before = running.reads
        running.write(running.target("github", {"rate_limit": {"interval": "2h"}}))
        await running.reload()
        assert running.reads == before + 1
        assert await running.value(INTERVAL) == 7_200


async def test_without_the_flag_the_port_takes_no_orders(running: Running) -> None:
    """403 and a sentence, as Prometheus answers; the exporter runs on."""
    running.write(running.target("github", {"rate_limit": HOURLY}))
    async with running.serving(lifecycle=False):
        for path in ("/-/reload", "/-/quit"):
            for method in ("POST", "PUT"):
                answer = await running.http.request(method, path)
                assert answer.status_code == 403
                assert answer.text.startswith("Lifecycle API is not enabled")
        assert not running.stop.is_set()


async def test_with_the_flag_orders_are_posted_or_put(running: Running) -> None:
    """Following a link or a prefetch is no order; quit ends the exporter as SIGTERM does."""
    running.write(running.target("github", {"rate_limit": HOURLY}))
    async with running.serving():
        for path in ("/-/reload", "/-/quit"):
            assert (await running.http.get(path)).status_code == 405
        assert (await running.http.put("/-/reload")).status_code == 200
        assert not running.stop.is_set()
        assert (await running.http.put("/-/quit")).status_code == 200
        assert running.stop.is_set()


async def test_a_stop_that_came_before_is_a_stop_at_once(
    running: Running, vendors: Vendors
) -> None:
    """Nothing is begun that would have to be waited for."""
    running.write(running.target("github", {"copilot_seats": HOURLY}))
    running.stop.set()
    async with running.serving():
        await asyncio.sleep(0)
    assert vendors.shown == []


async def test_a_reload_that_runs_at_a_stop_is_answered(
    running: Running, vendors: Vendors, patient: None
) -> None:
    """Nobody waits for an answer that never comes."""
    vendors.hold(SEATS)
    running.write(running.target("github", {"copilot_seats": HOURLY}))
    async with running.serving():
        await running.until(lambda: vendors.count(SEATS) == 1)
        running.write(running.target("github", {"copilot_seats": {"interval": "2h"}}))
        reloading = asyncio.create_task(running.reload())
        await running.until(lambda: running.reads == 2)
        running.stop.set()
        answer = await reloading
        assert (answer.status_code, "is stopping" in answer.text) == (500, True)


async def test_a_hangup_reloads_also_one_from_before_anybody_listened(running: Running) -> None:
    """One that comes while the exporter starts is kept, one that comes when it has stopped ignored."""
    before = signal.getsignal(signal.SIGHUP)
    try:
        sighup = Sighup()
        running.write(running.target("github", {"rate_limit": HOURLY}))
        os.kill(os.getpid(), signal.SIGHUP)
        async with running.serving(sighup=sighup):
            await running.until(lambda: running.reads == 2)
            running.write(running.target("github", {"rate_limit": {"interval": "2h"}}))
            os.kill(os.getpid(), signal.SIGHUP)

            async def changed() -> bool:
                return await running.value(INTERVAL) == 7_200

            await running.until(changed)
        os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


async def test_a_token_file_that_is_replaced_is_used_for_the_next_request(
    running: Running, vendors: Vendors
) -> None:
    """Without a restart and without a reload."""
    running.write(running.target("github", {"rate_limit": {"interval": "1s"}}))
    async with running.serving():
        await running.until(lambda: vendors.count(LIMIT) >= 1)
        (running.directory / "github.token").write_text("rotated-token", encoding="utf-8")
        await running.until(lambda: vendors.shown[-1] == "Bearer rotated-token")
        await running.until(lambda: vendors.count(LIMIT) >= 3)
        assert vendors.shown.count("Bearer sim-github-token") == vendors.shown.index(
            "Bearer rotated-token"
        )


async def test_a_token_that_was_replaced_under_way_is_read_again_after_a_401(
    running: Running, vendors: Vendors
) -> None:
    """The request that was refused is repeated with it, once; the poll succeeds."""
    running.write(running.target("github", {"copilot_seats": HOURLY}))
    go = vendors.hold("*/copilot/billing/seats")
    vendors.refused.add("old-token")
    token = running.directory / "github.token"
    token.write_text("old-token", encoding="utf-8")
    async with running.serving():
        await running.until(lambda: vendors.count("*/copilot/billing/seats") == 1)
        token.write_text("sim-github-token", encoding="utf-8")
        go.set()
        await running.until(lambda: running.polled("copilot_seats"))
        assert await running.value(POLLS) == 1
        assert vendors.shown.count("Bearer old-token") == 1


async def test_a_token_that_stays_wrong_is_tried_once(running: Running, vendors: Vendors) -> None:
    """A refusal that a second reading does not change is final for the poll."""
    running.write(running.target("github", {"copilot_seats": HOURLY}))
    vendors.refused.add("old-token")
    (running.directory / "github.token").write_text("old-token", encoding="utf-8")
    async with running.serving():

        async def refused() -> bool:
            name = "usage_exporter_stream_state"
            return await running.value(name, state="unauthorized") == 1

        await running.until(refused)
        assert vendors.count("/github/*") == 1
