"""What is kept: the database and the capture files, one module per noun."""
