"""The outside: the places where markets are listed, behind one interface."""
