"""The GraphQL schema: one file per neighbour, put together here.."""
