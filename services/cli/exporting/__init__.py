"""`vivier export`: what is open, written out for others."""
