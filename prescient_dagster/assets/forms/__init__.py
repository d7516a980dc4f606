"""What people fill in: run configs and the fields of forms."""
