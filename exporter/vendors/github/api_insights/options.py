"""The options of stream `api_insights`."""

from typing import Literal

from pydantic import Field

from exporter.streams import kit
from exporter.vendors.github.api_insights.api import ActorType


class Actor(kit.ConfigModel):
    """An app installation, a token or an OAuth app by its id."""

    type: ActorType
    id: int = Field(ge=0)


class User(kit.ConfigModel):
    """A user by numeric id; `login` is what the label shows (default: the id)."""

    id: int = Field(ge=0)
    login: str | None = Field(default=None, min_length=1)


class RouteOptions(kit.ConfigModel):
    """Whose requests are broken down by route."""

    top_actors: int = Field(default=20, ge=0, le=500)
    """How many of the busiest actors of each day; each costs a request a day and poll."""
    actors: tuple[Actor, ...] = Field(
        default=(), examples=[[{"type": "installation", "id": 12345}]]
    )
    """Actors that are broken down however few requests they send."""


class Options(kit.CountingOptions):
    """Options of `api_insights`."""

    interval: kit.Duration = Field(default=5 * kit.MINUTE, ge=1)
    lookback: kit.Duration = Field(default=12 * kit.HOUR, ge=0)
    routes: RouteOptions = RouteOptions()
    """Whose requests are broken down by route."""
    actors: tuple[Actor, ...] = Field(default=(), examples=[[{"type": "oauth_app", "id": 678}]])
    """Actors with totals of their own in `github_api_actor_…`."""
    users: tuple[User, ...] = Field(default=(), examples=[[{"id": 583231, "login": "octocat"}]])
    """Users with totals of their own in `github_api_user_…`; needs privacy.users."""
    users_by: Literal["actor", "user"] = "actor"
    """Whether a user's requests are broken down by the token or app used, or not at all."""
    machine_users: tuple[str, ...] = ()
    """Logins of users that are machines: shown by name whatever privacy.users says."""
    actor_types: Literal["singular", "plural"] = "singular"
    """How actor types are spelled in paths; GitHub's first documents had the plural."""
    max_pages: int = Field(default=20, ge=1, le=kit.MOST_PAGES)
    """Pages of 100 rows read of one list; what is left of the total goes to `other`."""
