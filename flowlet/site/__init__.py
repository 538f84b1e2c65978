"""The roof: composition, read-only over everything."""
