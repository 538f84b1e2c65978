"""What can be done with the books, one noun per module."""
