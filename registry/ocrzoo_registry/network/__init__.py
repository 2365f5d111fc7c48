"""HTTP with deadlines and retries."""
