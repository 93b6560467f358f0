"""`emr-eks teardown`: takes a team or a whole platform down in the right order."""
