"""What sandbox partners get instead of a provider, where no row has to be kept for it."""
