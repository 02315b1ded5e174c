"""The organization, its license, its teams and its users, as they are."""
