"""Search, matches and explanations: the matching service in the schema."""
