"""Users, organizations and teams as GitHub's other answers show them: most of it links."""

from typing import Any

from exporter.simulator.answers import format_seconds

_API = "https://api.github.com"
_SITE = "https://github.com"
_FOUNDED = 1_600_000_000

_OF_USERS = {
    "followers_url": "followers",
    "following_url": "following{/other_user}",
    "gists_url": "gists{/gist_id}",
    "starred_url": "starred{/owner}{/repo}",
    "subscriptions_url": "subscriptions",
    "organizations_url": "orgs",
    "repos_url": "repos",
    "events_url": "events{/privacy}",
    "received_events_url": "received_events",
}
_OF_ORGANIZATIONS = {
    "repos_url": "repos",
    "events_url": "events",
    "hooks_url": "hooks",
    "issues_url": "issues",
    "members_url": "members{/member}",
    "public_members_url": "public_members{/member}",
}


def user(login: str, number: int, kind: str = "User") -> dict[str, Any]:
    """Somebody who may log in; an organization also has this form, as a `kind` of user."""
    url = f"{_API}/users/{login}"
    return {
        "login": login,
        "id": number,
        "node_id": f"U_{number}",
        "avatar_url": _avatar(number),
        "gravatar_id": "",
        "url": url,
        "html_url": f"{_SITE}/{login}",
        **_links(url, _OF_USERS),
        "type": kind,
        "site_admin": False,
    }


def organization(login: str) -> dict[str, Any]:
    """An organization, in the short form of lists."""
    number, url = len(login), f"{_API}/orgs/{login}"
    return {
        "login": login,
        "id": number,
        "node_id": f"O_{number}",
        "url": url,
        **_links(url, _OF_ORGANIZATIONS),
        "avatar_url": _avatar(number),
        "description": None,
    }


def enterprise(slug: str) -> dict[str, Any]:
    """An enterprise, as the account of an App's installation."""
    return {
        "id": len(slug),
        "node_id": f"E_{len(slug)}",
        "name": slug,
        "slug": slug,
        "html_url": f"{_SITE}/enterprises/{slug}",
        "created_at": format_seconds(_FOUNDED),
        "updated_at": format_seconds(_FOUNDED),
        "avatar_url": _avatar(len(slug)),
    }


def team(slug: str, login: str) -> dict[str, Any]:
    """A team of an organization."""
    number = len(slug)
    url = f"{_API}/organizations/{len(login)}/team/{number}"
    return {
        "id": number,
        "node_id": f"T_{number}",
        "name": slug,
        "slug": slug,
        "description": "",
        "privacy": "closed",
        "permission": "pull",
        "url": url,
        "html_url": f"{_SITE}/orgs/{login}/teams/{slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "type": "organization",
        "organization_id": len(login),
        "parent": None,
    }


def _links(url: str, names: dict[str, str]) -> dict[str, str]:
    return {field: f"{url}/{path}" for field, path in names.items()}


def _avatar(number: int) -> str:
    return f"https://avatars.githubusercontent.com/u/{number}?v=4"
