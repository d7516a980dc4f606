"""The `prescient` command, a module per group of commands; `server` runs `prescient dev`, all share `terminal`."""
