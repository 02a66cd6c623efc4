"""Who calls: tokens, their keys, and the people for whom a partner acts."""
