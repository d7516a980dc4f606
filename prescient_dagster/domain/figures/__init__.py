"""What became of it: performance, and everything that a report shows. Formulas only, no wording for one page."""
