"""What this project's speed is, measured: `make bench` measures all and writes docs/performance.md.

Runs that are compared alternate, so that a busy machine slows all alike: compare the ratios, not the seconds.
"""
