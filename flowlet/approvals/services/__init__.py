"""What can be done with requests: ``requests``."""
