"""The options of stream `api_insights`."""

from typing import Literal

from pydantic import Field

from exporter.client.paging import MOST_PAGES
from exporter.config.base import ConfigModel
from exporter.config.durations import Duration
from exporter.model import HOUR, MINUTE
from exporter.vendors.base import StreamOptions
from exporter.vendors.github.insights_api import ActorType


class Actor(ConfigModel):
    """An app installation, a token or an OAuth app by its id."""

    type: ActorType
    id: int = Field(ge=0)


class User(ConfigModel):
    """A user by numeric id; `login` is what the label shows (default: the id)."""

    id: int = Field(ge=0)
    login: str | None = Field(default=None, min_length=1)


class RouteOptions(ConfigModel):
    """Whose requests are broken down by route."""

    top_actors: int = Field(default=20, ge=0, le=500)
    """How many of the busiest actors of each day; each costs a request a day and poll."""
    actors: tuple[Actor, ...] = ()
    """Actors that are broken down however few requests they send."""


class Options(StreamOptions):
    """Options of `api_insights`."""

    interval: Duration = Field(default=5 * MINUTE, ge=1)
    lookback: Duration = Field(default=12 * HOUR, ge=0)
    routes: RouteOptions = RouteOptions()
    """Whose requests are broken down by route."""
    actors: tuple[Actor, ...] = ()
    """Actors with totals of their own in `github_api_actor_…`."""
    users: tuple[User, ...] = ()
    """Users with totals of their own in `github_api_user_…`; needs privacy.users."""
    users_by: Literal["actor", "user"] = "actor"
    """Whether a user's requests are broken down by the token or app used, or not at all."""
    machine_users: tuple[str, ...] = ()
    """Logins of users that are machines: shown by name whatever privacy.users says."""
    actor_types: Literal["singular", "plural"] = "singular"
    """How actor types are spelled in paths; GitHub's first documents had the plural."""
    max_pages: int = Field(default=20, ge=1, le=MOST_PAGES)
    """Pages of 100 rows read of one list; what is left of the total goes to `other`."""
