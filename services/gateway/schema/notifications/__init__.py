"""Inbox and preferences: the notifications service in the schema."""
