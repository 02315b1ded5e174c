"""What `make bench` runs, and how its rows are told."""

from bench.run import TIMES, Row, benchmarks, table


def test_only_modules_that_measure_are_run() -> None:
    """The others of the package, such as those for ports and simulated accounts, are for these."""
    found = benchmarks()
    assert {"changes", "commits_csv", "render", "serving", "user_reports"} <= set(found)
    assert not {"ports", "nginx", "simulated", "servers", "soak"} & set(found)


def test_ratios_lead_the_table_and_a_missed_goal_is_told() -> None:
    """Ratios are what another machine can compare."""
    rows = [Row("memory", 9, "MiB", at_most=5), Row("speed", 0.9, TIMES, at_least=0.5)]
    speed, memory = table(rows).splitlines()[2:]
    assert [speed.split(" | ")[0], memory.split(" | ")[0]] == ["| speed", "| memory"]
    assert " met " in speed
    assert " MISSED " in memory
