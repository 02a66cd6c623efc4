"""Tools for developers of Vivier: in the repository and the dependency group `dev`, never in the wheel."""
