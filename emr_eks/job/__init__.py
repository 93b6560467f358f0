"""Spark jobs: the file that describes one, the request that EMR gets, and the commands."""
