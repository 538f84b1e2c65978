"""How days and moments are written, by language (FORMAT_MODULE_PATH)."""
