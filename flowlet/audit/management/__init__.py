"""Commands and their package."""
