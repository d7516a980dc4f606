"""What prices were before there were captures: from a file, or by the venue."""
