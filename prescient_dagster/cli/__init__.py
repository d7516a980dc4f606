"""The `prescient` command."""
