"""What the venue listed and answered: captures, order books, resolutions; prices of before, and forecasts.

A capture is a row and two files that are never changed. What portfolios did on it stands in `store/books`.
"""
