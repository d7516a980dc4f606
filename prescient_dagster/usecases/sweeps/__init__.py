"""Many configs on stored captures: the pieces of the work, who carries them out, and what is made of the results."""
