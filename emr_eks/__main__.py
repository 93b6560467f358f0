"""`python -m emr_eks` is `emr-eks`."""

from emr_eks.cli import main

main()
