"""Running GraphQL documents: what they may cost, the fast path, the endpoint."""
