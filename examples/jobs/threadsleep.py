"""Sleep in five tasks, for 20 to 100 seconds, so that there is time to watch executors come and go."""

from time import sleep

from pyspark.sql import SparkSession


def rest(number: int) -> None:
    """Sleep 20 seconds times *number*."""
    sleep(number * 20)


spark = SparkSession.builder.appName("threadsleep").getOrCreate()
spark.sparkContext.parallelize(range(1, 6), 5).foreach(rest)
spark.stop()
