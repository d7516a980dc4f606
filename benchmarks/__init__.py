"""Where the README's figures come from: `make bench`. Figures are ratios taken in one run; machines differ too much."""
