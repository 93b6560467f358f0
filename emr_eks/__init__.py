"""The command line `emr-eks`."""
