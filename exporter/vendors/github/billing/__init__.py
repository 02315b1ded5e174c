"""The bill of an organization or enterprise, as GitHub's billing API tells it."""
