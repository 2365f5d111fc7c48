"""What was measured on this machine: the fastest way to run each model, of those whose answers are allowed."""
