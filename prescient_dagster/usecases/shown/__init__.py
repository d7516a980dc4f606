"""Answers as people read them: documents and lines, the same on the command line and in the UI."""
