"""What the books read from outside: files of banks. No ORM, no writing."""
