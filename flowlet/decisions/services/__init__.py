"""What can be done with verdicts: ``decisions`` asks for one."""
