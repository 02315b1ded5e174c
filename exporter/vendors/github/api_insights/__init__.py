"""Who sends REST requests to an organization, as GitHub's API Insights tells it."""
