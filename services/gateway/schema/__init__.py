"""The GraphQL schema: one package or file per neighbour, put together in `build`."""
