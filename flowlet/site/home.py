"""The home page: what the roof adds to the panels that apps register."""
