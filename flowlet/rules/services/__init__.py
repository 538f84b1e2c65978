"""What is done with stored rules."""
