"""Personal data at rest: encrypted under a key per person, erased by deleting the key and truncating the WAL."""
