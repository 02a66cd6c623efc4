"""The GraphQL schema: a package per service, put together in `build`.

Each has `types` (what is read), `inputs` (what is written), `fetch` (calls), `queries` and `mutations` (with their
results). `linked_types` has the types that refer to one another across services.
"""
