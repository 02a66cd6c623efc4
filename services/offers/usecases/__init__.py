"""What can be done with organisations, offers and courses: one function a verb, one transaction."""
