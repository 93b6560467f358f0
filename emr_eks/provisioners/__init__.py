"""`emr-eks provisioners`: node pools on their own."""
