"""How the tables came to be, version by version. A version that has been released is never changed."""
