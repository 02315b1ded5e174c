"""Completions, chat and agent of an organization, its teams and its users, by UTC day."""
