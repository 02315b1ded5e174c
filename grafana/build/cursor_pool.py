"""The money that the teams of a Cursor organization share until their contract ends."""

from functools import partial

from grafana.build.page import Row
from grafana.build.panels import Column, Lines, Query, Stat, Table
from grafana.build.queries import used_up

_Tile = partial(Stat, width=6, height=4)
_POLLED = "Of the current contract as last polled, mostly an hour ago; only an organization's key tells it."
_USED = "sum by (account) (cursor_pool_used_usd{@})"
_LIMIT = "sum by (account) (cursor_pool_limit_usd{@})"
_LEFT = "sum by (account) (cursor_pool_remaining_usd{@})"
_PACE = "sum by (account) (deriv(cursor_pool_used_usd{@}[4d]))"
_TEAM_USED = "sum by (account, team) (cursor_team_pool_used_usd{@})"
_TEAM_LIMIT = "sum by (account, team) (cursor_team_pool_limit_usd{@})"

POOL = Row(
    "Pool of an organization",
    (
        _Tile(
            title="Left in the pool",
            note=_POLLED,
            unit="currencyUSD",
            query=Query(f"sum({_LEFT})"),
        ),
        _Tile(
            title="Used of the pool",
            note=_POLLED,
            unit="percentunit",
            steps={0.8: "orange", 1: "red"},
            query=Query(f"sum({_USED}) / (sum({_LIMIT}) > 0)"),
        ),
        _Tile(
            title="Used up in",
            note=f"At the pace of the last 4 days; the first of the accounts. {_POLLED}",
            unit="s",
            decimals=0,
            missing="unknown, or not at this pace",
            query=Query(f"min(clamp_min({_LEFT} / ({_PACE} > 0), 0))"),
        ),
        _Tile(
            title="Contract ends in",
            note=f"The first of the accounts; unknown where no date is agreed. {_POLLED}",
            unit="s",
            decimals=0,
            missing="unknown",
            query=Query("min(cursor_pool_contract_end_timestamp_seconds{@}) - time()"),
        ),
        Lines(
            title="Taken from the pool",
            note=f"Since the contract began, and all that is in it. {_POLLED}",
            unit="currencyUSD",
            width=12,
            queries=(
                Query(f"sum({_USED})", "taken"),
                Query(f"sum({_LIMIT})", "in the pool"),
            ),
        ),
        Table(
            title="Teams and the pool",
            note=f"By the ids of the teams; small ones are in other. A team without a budget may take all. {_POLLED}",
            keys={"account": "Account", "team": "Team"},
            sort_by="Taken",
            columns=(
                Column("Taken", _TEAM_USED, "currencyUSD"),
                Column("Budget", _TEAM_LIMIT, "currencyUSD", missing="none"),
                used_up("Share", f"{_TEAM_USED} / ({_TEAM_LIMIT} > 0)", "none"),
            ),
        ),
    ),
)
