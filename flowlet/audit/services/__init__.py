"""What can be done to the trail: ``log`` adds to it, ``seals`` chains it, ``checks`` verifies it and writes that down."""
