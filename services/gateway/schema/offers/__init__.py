"""Offers, courses and organisations: the offers service in the schema."""
