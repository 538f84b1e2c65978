"""Banks and providers as local servers: they check what they are sent as the real ones would, and import nothing of the product."""
