"""What an organisation may publish, in which states, and by which rules. Standard library only."""
