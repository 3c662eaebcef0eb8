"""From files to tasks: reading, splitting into passages, language, exact duplicates."""
