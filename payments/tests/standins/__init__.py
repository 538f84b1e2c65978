"""Stand-ins for providers: real HTTP servers with a memory, written from the providers' own descriptions and not from our clients.

They import nothing of the product, so that a mistake in a client is not repeated in its stand-in; a test holds them to it.
"""
