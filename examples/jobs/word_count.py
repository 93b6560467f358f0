"""Count the words of text files: `word_count.py INPUT OUTPUT`."""

import sys

from pyspark.sql import SparkSession
from pyspark.sql.functions import col, explode, lower, split

source, target = sys.argv[1:]
spark = SparkSession.builder.appName("word-count").getOrCreate()
words = spark.read.text(source).select(explode(split(lower(col("value")), r"\W+")).alias("word"))
words.where(col("word") != "").groupBy("word").count().write.mode("overwrite").parquet(target)
spark.stop()
