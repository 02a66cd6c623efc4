"""HTTP beside GraphQL: bodies, problems, health, and connections that are too slow."""
