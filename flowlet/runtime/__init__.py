"""What starts the platform: embedded servers, supervisor, test plugin. Imports no app."""
