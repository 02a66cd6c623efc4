"""The command `vivier`: starting the services, and a client of their public API for everything else."""
