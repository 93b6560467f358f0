"""Which pods make room for which, as data.

A pod that finds no room drives out pods of lower priority. Spark replaces a lost executor and goes on; without its
driver a job is lost. So jobs, important or not, share one high class for drivers and differ in their executors' class.
https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

DEFAULT_DRIVER = "spark-driver"
DEFAULT_EXECUTOR = "spark-executor"

DEFAULT_PRIORITIES = {
    DEFAULT_DRIVER: 1000,
    "spark-executor-high": 300,
    DEFAULT_EXECUTOR: 200,
    "spark-executor-low": 100,
}

Priority = Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)]
"""What Kubernetes leaves to its users; above are the classes of the system."""
