"""What comes from outside and goes there: lists, documents and reports in their publishers' formats. No ORM."""
