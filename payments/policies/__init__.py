"""What the rails and the house allow, as pure functions."""
