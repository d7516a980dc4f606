"""What all commands share: options, tables, settings as people write them, moments and progress."""
