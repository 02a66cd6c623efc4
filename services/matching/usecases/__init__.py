"""What matching does: keeps the index, makes matches when offers and people change, answers who fits what and why."""
