"""What a person does to a portfolio that no rule does."""
