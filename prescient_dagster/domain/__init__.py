"""What trading means here: pure values and rules. No Dagster, SQL, HTTP or file access."""
