"""Routes of Tabnine that several streams ask."""

from tests.streams.harness import Route
from tests.streams.views import plain, tabnine_list

ORGANIZATION = Route("/api/v1/organization", "organization", plain)
TEAMS = Route("/api/v1/organization/teams", "teams", tabnine_list)
EACH_TEAM = (ORGANIZATION, TEAMS)
"""What a stream asks that reads each team of the organization."""
TEAM_USERS = Route("/api/v1/team/", "team_users", tabnine_list)
