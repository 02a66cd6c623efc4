"""Credentials of clients: the identity service in the schema."""
