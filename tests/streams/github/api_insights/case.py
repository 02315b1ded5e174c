"""Statistics of an organization's requests, of which the fake vendor tells the window that was asked for."""

from tests.faults.world import SOMEBODY
from tests.streams.harness import Case, Counted, Month, Place, Route
from tests.streams.views import insights_list, insights_summary, insights_time

ROOT = "/orgs/acme/insights/api"
# No busiest ones: who they are differs with every poll that was missed.
_CHOSEN = {
    "routes": {"top_actors": 0, "actors": [{"type": "installation", "id": 771}]},
    "actors": [{"type": "installation", "id": 771}],
    "users": [{"id": SOMEBODY.numeric_id, "login": SOMEBODY.login}],
}

CASE = Case(
    vendor="github",
    stream="api_insights",
    now="2026-01-05T18:02:00Z",
    target={"org": "acme"},
    options={
        "actors": [{"type": "installation", "id": 771}],
        "users": [{"id": 4711, "login": "octo-jane"}],
        "routes": {"top_actors": 2},
    },
    routes=(
        Route(f"{ROOT}/time-stats", "time_stats", insights_time),
        Route(f"{ROOT}/time-stats/", "actor_time_stats", insights_time),
        Route(f"{ROOT}/subject-stats", "subject_stats", insights_list),
        Route(f"{ROOT}/route-stats/", "route_stats", insights_list),
        Route(f"{ROOT}/user-stats/", "user_stats", insights_list),
        Route(f"{ROOT}/summary-stats", "summary_stats", insights_summary),
    ),
    required=Place("time_stats", (0, "total_request_count")),
    counted=Counted(
        Place("time_stats", (0, "total_request_count")),
        "github_api_requests_total",
    ),
    empty={
        "time_stats": [],
        "actor_time_stats": {},
        "subject_stats": [],
        "route_stats": {},
        "user_stats": {},
        "summary_stats": {"total_request_count": 0, "rate_limited_request_count": 0},
    },
    people=("octo-jane", "jane-laptop"),
    paged=f"{ROOT}/subject-stats",
    whole=False,
    month=Month({"lookback": "2d", "routes": {"top_actors": 500}}, left_out=("github_api_actor_",)),
    forms=(_CHOSEN,),
)
