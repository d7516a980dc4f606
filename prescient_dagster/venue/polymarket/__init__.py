"""Polymarket: Gamma for the listing, CLOB for the order books."""
