"""Series of prices that somebody recorded, turned into listings."""
