"""What the gateway answers itself: reference data, and the state of the services for operators."""
