"""What can be done, one function a verb, one transaction each."""
