"""Words of people at rest: sealed under a key each, erased by destroying it, and truncated off the disk."""
