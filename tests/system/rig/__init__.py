"""The pieces of the system tests: servers, workers and independent clients."""
