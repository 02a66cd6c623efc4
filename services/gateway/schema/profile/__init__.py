"""People, mentors and consents: the profile service in the schema."""
