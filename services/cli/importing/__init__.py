"""`vivier import`: feeds of others, and official files, brought in."""
