"""Text is produced here, last, from templates, and read back before anyone sees it."""
