"""Who calls the platform's REST API: installed apps, and people through tokens and apps."""

import functools
from dataclasses import dataclass
from typing import NamedTuple

from exporter.simulator.world.people import hire
from exporter.simulator.world.seeded import randomness

ROUTES = (
    ("GET", "/repositories/:repository_id"),
    ("GET", "/repositories/:repository_id/pulls"),
    ("GET", "/repositories/:repository_id/commits/:ref/check-runs"),
    ("POST", "/repositories/:repository_id/check-runs"),
    ("PATCH", "/repositories/:repository_id/check-runs/:check_run_id"),
    ("GET", "/repositories/:repository_id/contents/:path"),
    ("POST", "/repositories/:repository_id/statuses/:sha"),
    ("GET", "/repositories/:repository_id/issues"),
    ("POST", "/repositories/:repository_id/issues/:issue_number/comments"),
    ("GET", "/organizations/:organization_id/members"),
    ("GET", "/user/repos"),
    ("GET", "/repositories/:repository_id/actions/runs"),
)


class Caller(NamedTuple):
    """An actor (the credential's kind) acting for a subject (the app or the person)."""

    actor_type: str
    actor_id: int
    actor_name: str
    subject_type: str
    subject_id: int
    subject_name: str
    integration_id: int | None = None
    oauth_application_id: int | None = None

    @property
    def identity(self) -> tuple[str, int, str, int]:
        return self.actor_type, self.actor_id, self.subject_type, self.subject_id


@dataclass(frozen=True, slots=True)
class Installation:
    """A GitHub App installed in the organization, with its habits."""

    caller: Caller
    requests: int
    """How many requests it makes in five minutes of a busy hour."""
    night: float
    """The share of that which goes on at night."""
    bursts: bool
    routes: tuple[int, ...]


_APPS = (
    ("ci-runner", 900, 0.5, False),
    ("dependency-bot", 150, 1.0, False),
    ("mirror-sync", 80, 0.9, True),
    ("code-scanner", 220, 0.8, False),
    ("deploy-gate", 120, 0.2, False),
    ("review-assigner", 60, 0.1, False),
    ("issue-sync", 90, 0.4, False),
    ("chat-notifier", 70, 0.2, False),
    ("release-notes", 12, 0.3, False),
    ("docs-publisher", 15, 0.3, False),
    ("license-audit", 8, 1.0, False),
    ("merge-queue", 180, 0.2, False),
)
_SHARED_OAUTH_APPS = (("command-line", 178012, 9101), ("desktop-client", 178013, 9102))
_SHARED_GITHUB_APPS = (("editor-extension", 29110, 29110), ("review-helper", 29115, 29115))


@functools.lru_cache(maxsize=8)
def installations(seed: int) -> tuple[Installation, ...]:
    """The apps installed in the organization."""
    return tuple(
        Installation(
            caller=Caller(
                actor_type="installation",
                actor_id=954_000 + 7 * index,
                actor_name=name,
                subject_type="installation",
                subject_id=954_000 + 7 * index,
                subject_name=name,
                integration_id=124_000 + index,
            ),
            requests=requests,
            night=night,
            bursts=bursts,
            routes=tuple(
                sorted(randomness(seed, "app", name).sample(range(len(ROUTES)), 3 + index % 3))
            ),
        )
        for index, (name, requests, night, bursts) in enumerate(_APPS)
    )


@functools.lru_cache(maxsize=8)
def personal_callers(seed: int, developers: int) -> tuple[tuple[Caller, ...], ...]:
    """The ways in which each developer calls the API, in the order of the developers."""
    callers = []
    for index, developer in enumerate(hire(seed, developers)):
        chance = randomness(seed, "tokens", index)
        subject = ("user", developer.numeric_id, developer.login)
        ways = [
            Caller("classic_pat", 3_000_000 + index, f"{developer.login} laptop", *subject),
            Caller("fine_grained_pat", 5_000_000 + index, f"{developer.login} scripts", *subject),
        ]
        for name, actor_id, application_id in _SHARED_OAUTH_APPS:
            ways.append(
                Caller("oauth_app", actor_id, name, *subject, oauth_application_id=application_id)
            )
        for name, actor_id, integration_id in _SHARED_GITHUB_APPS:
            ways.append(
                Caller(
                    "github_app_user_to_server",
                    actor_id,
                    name,
                    *subject,
                    integration_id=integration_id,
                )
            )
        callers.append(tuple(chance.sample(ways, k=chance.randint(1, 3))))
    return tuple(callers)
