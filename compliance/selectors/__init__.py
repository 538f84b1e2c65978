"""Questions to the rows of the app."""
