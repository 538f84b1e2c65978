"""Keys per subject for personal data.

Whatever is personal, wherever it lies, is sealed under its subject's key, and that key is wrapped by the keyring of the
environment. Erasing the one wrapped key makes all of it unreadable, while rows, hashes and chains around it stay as they are.
"""
