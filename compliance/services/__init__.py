"""What can be done, one noun a module."""
