"""What every adapter of the index shares: how a value becomes a record, a text words, and a query's place a cursor."""
