"""What can be done with people and mentors: one function a verb, one transaction."""
