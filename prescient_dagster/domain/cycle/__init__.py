"""What a portfolio does on a capture: exits and entries, the orders they become, and how these fill.

Pure: who loads what a cycle needs and saves what came of it is in `usecases`.
"""
