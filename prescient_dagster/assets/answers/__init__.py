"""Questions that are asked in the UI as on the command line: the answer is the result of a run."""
