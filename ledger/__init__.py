"""The books: a book per partner, double entry that the database itself protects. Knows a partner, no customer and no product."""
