"""Where the figures of the docs come from: `make bench`. They are ratios taken in one run; machines differ too much."""
