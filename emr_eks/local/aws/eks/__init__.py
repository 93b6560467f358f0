"""EKS: moto knows clusters, node groups and Fargate profiles; here is the rest of what a platform asks for.

Every operation is done at once: clusters, node groups and add-ons are ACTIVE when the call that makes
them returns, and updates are Successful. Error codes and shapes are those of
https://docs.aws.amazon.com/eks/latest/APIReference/API_Operations_Amazon_Elastic_Kubernetes_Service.html
"""

from __future__ import annotations

from moto.eks import urls
from moto.eks.models import eks_backends

from emr_eks.local.aws.eks.backend import EKSBackend
from emr_eks.local.aws.eks.responses import EKSResponse
from emr_eks.local.aws.extension import extend


def install() -> None:
    """Answer EKS's calls in moto's place."""
    extend(eks_backends, EKSBackend, urls, EKSResponse)
