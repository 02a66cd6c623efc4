"""The demonstration: a small world written by the project, and the story that is told of it."""
