"""Questions to the trail: ``records`` finds deeds, ``chain`` says how far they are sealed and whether they still agree."""
