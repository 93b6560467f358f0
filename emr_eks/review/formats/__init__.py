"""One report in several formats; each module has a function `write(report)` that returns text."""
