"""What commands say when an engine cannot be had."""


class CannotRun(Exception):
    """Its text says what is in the way and what to do."""
