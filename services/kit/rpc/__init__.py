"""gRPC between the services: deadlines, the caller, the trace and errors with reasons travel with every call."""
