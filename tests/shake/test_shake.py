"""What is run under each condition, and what the table makes of it."""

import os
import shlex
import signal
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bench.ports import free_port
from tests.e2e.processes import Process, wait_for
from tests.shake.conditions import CONDITIONS, Condition, chosen
from tests.shake.interpreters import candidates, wanted
from tests.shake.results import Result, Row, read, repeat, table
from tests.shake.run import Part, Run, busy, taken

VENV = Path("venv")
MIDNIGHT = Condition("midnight", starts=datetime(2027, 5, 12, 23, 57, tzinfo=UTC))
NOW = datetime(2026, 11, 28, tzinfo=UTC).timestamp()

RESULTS = """<testsuites><testsuite>
<testcase classname="tests.test_a" name="test_one[x-1]" file="tests/test_a.py"/>
<testcase classname="tests.test_a" name="test_two" file="tests/test_a.py"><failure/></testcase>
<testcase classname="tests.test_a" name="test_two" file="tests/test_a.py"><error/></testcase>
<testcase classname="tests.test_a" name="test_three" file="tests/test_a.py"><error/></testcase>
<testcase classname="tests.test_a" name="test_four" file="tests/test_a.py"><skipped/></testcase>
<testcase classname="" name="tests.test_b"><error/></testcase>
</testsuite></testsuites>"""


def a_run(condition: Condition, **options: str) -> Run:
    return Run(condition, 7, 3, VENV, tests=("tests/x.py::y[a b]",), **options)


def environment(run: Run, part: Part, **given: str) -> dict[str, str]:
    return run.environment(part, NOW, Path("home"), given)


def test_conditions_have_names_of_their_own() -> None:
    names = [condition.name for condition in CONDITIONS]
    assert len(set(names)) == len(names)
    assert chosen(()) == CONDITIONS
    assert [condition.name for condition in chosen(("month", "busy"))] == ["busy", "month"]


def test_one_seed_decides_the_order_the_examples_and_the_hashes() -> None:
    run = a_run(Condition("idle"))
    (part,) = run.parts()
    command = run.command(part, Path("results.xml"), Path("scratch"))
    assert {"--randomly-seed=7", "--hypothesis-seed=7", "--numprocesses=3"} <= set(command)
    assert "--junitxml=results.xml" in command
    assert command[-1] == "tests/x.py::y[a b]"
    assert environment(run, part)["PYTHONHASHSEED"] == "7"


def test_at_a_shifted_time_all_but_the_marked_tests_run_there() -> None:
    shifted, real = a_run(MIDNIGHT).parts()
    assert (shifted.mark, real.mark) == ("not real_time", "real_time")
    assert "LD_PRELOAD" not in environment(a_run(MIDNIGHT), real)
    told = environment(a_run(MIDNIGHT), shifted)
    assert told["LD_PRELOAD"] == "venv/shifted_clock.so"
    assert datetime.fromtimestamp(NOW + int(told["SHIFT_SECONDS"]), UTC) == MIDNIGHT.starts


def test_a_mark_is_joined_with_the_one_of_the_part() -> None:
    marks = [part.mark for part in a_run(MIDNIGHT, mark="process or web").parts()]
    assert marks == ["(process or web) and not real_time", "(process or web) and real_time"]
    run = a_run(Condition("idle"), mark="process")
    command = run.command(run.parts()[0], Path("results.xml"), Path("scratch"))
    assert command[-3:] == ["-m", "process", "tests/x.py::y[a b]"]


def test_tests_do_not_see_what_this_program_was_told() -> None:
    run = a_run(Condition("there", environment={"TZ": "Asia/Kathmandu"}, bare_home=True))
    told = environment(run, run.parts()[0], SEED="7", MAKEFLAGS="w", TZ="UTC", HOME="/h", PATH="p")
    assert told == {"TZ": "Asia/Kathmandu", "HOME": "home", "PATH": "p", "PYTHONHASHSEED": "7"}


def test_the_newest_python_is_found_by_number() -> None:
    paths = [
        Path("b/python3.9"),
        Path("b/python3.12"),
        Path("b/python3.11-config"),
        Path("python3"),
    ]
    found = dict(candidates([*paths, Path("c/python3.100")]))
    assert list(found) == [(3, 12), (3, 100)]
    assert wanted("newest", found) == (3, 100)
    assert wanted("3.12", found) == (3, 12)
    with pytest.raises(LookupError, match=r"no Python 3\.11"):
        wanted("3.11", found)


def test_results_count_each_test_once(tmp_path: Path) -> None:
    file = tmp_path / "results.xml"
    file.write_text(RESULTS, encoding="utf-8")
    failures = ("tests.test_b", "tests/test_a.py::test_three", "tests/test_a.py::test_two")
    assert read(file) == Result(passed=1, failed=3, skipped=1, failures=failures)


def test_the_printed_command_survives_two_shells() -> None:
    test = "tests/x.py::y[a 'b' $c]"
    words = shlex.split(repeat({"CONDITION": "month", "SEED": 0, "MARK": "process"}, test))
    assert words[:2] == ["make", "shake"]
    told = dict(word.split("=", 1) for word in words[2:])
    assert shlex.split(told.pop("TESTS").replace("$$", "$")) == [test]
    assert told == {"CONDITION": "month", "SEED": "0", "MARK": "process"}


def test_the_table_has_a_row_for_each_run() -> None:
    result = Result(1234, 2, 3, ("a.py::b[x|y]", "a.py::c")).lasting(90)
    rows = table([Row("busy", 7, 3, "3.11.2", result)]).splitlines()
    assert rows[2:] == [
        "| busy | 7 | 3 | 3.11.2 | 1,234 | 2 | 3 | 1.5 | `a.py::b[x\\|y]`, `a.py::c` |"
    ]


@pytest.mark.process
def test_busy_loops_end_with_the_run() -> None:
    def children() -> set[str]:
        path = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
        return set(path.read_text(encoding="utf-8").split())

    before = children()
    with busy(2):
        assert len(children() - before) == 2
    assert children() == before


def test_a_port_is_taken_for_as_long_as_the_run_takes() -> None:
    port = free_port()
    with taken(port), pytest.raises(OSError, match="in use"), socket.create_server(("", port)):
        pass
    with taken(None), socket.create_server(("", port)):
        pass


@pytest.mark.process
def test_nothing_runs_on_after_it_was_told_to_stop(tmp_path: Path) -> None:
    """pytest and its workers, which nobody but this program would end."""
    told, waiting = tmp_path / "pid", tmp_path / "test_waiting.py"
    waiting.write_text(
        "import os, pathlib, time\n\n\ndef test_waiting():\n"
        f"    pathlib.Path({str(told)!r}).write_text(str(os.getpid()))\n    time.sleep(3600)\n",
        encoding="utf-8",
    )
    script = (
        "import pathlib, sys\nfrom tests.shake import __main__ as shake\n"
        "shake.RESULTS = pathlib.Path(sys.argv.pop(1))\nshake.main()"
    )
    options = ["--condition=idle", "--workers=1", f"--tests={waiting}"]
    shake = Process(
        [sys.executable, "-c", script, str(tmp_path / "results"), *options], tmp_path / "log"
    )
    try:
        wait_for("the test runs", lambda: told.exists() and told.read_text("utf-8"))
        assert shake.stop() == 128 + signal.SIGTERM
        wait_for("its process is gone", lambda: not Path("/proc", told.read_text("utf-8")).exists())
    finally:
        shake.kill()
