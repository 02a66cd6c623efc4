"""HTTP beside GraphQL: health, and connections that are too slow."""
