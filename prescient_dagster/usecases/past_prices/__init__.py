"""The past by the venue's account: fetched, kept, and made into captures."""
