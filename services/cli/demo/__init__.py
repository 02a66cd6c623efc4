"""The demonstration: sample data written by the project, and the story of one offer."""
