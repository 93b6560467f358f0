"""Makes CDK for Terraform programs in Python start in about a second instead of ten and more.

One line, before the first import of a provider's bindings, is all that any program needs:

    from constructs_lib import _accelerator  # importing constructs_lib installs it

The time goes into loading the more than 2,000 modules of a provider, once in Python and once in Node, where a program
uses thirty. So (hashicorp/terraform-cdk issue 3753):

- `import cdktf_cdktf_provider_aws.vpc` no longer runs the parent's `__init__`, which imports everything (`_lazy`);
- Node is given the provider's own lazy index in place of its eager one (`preload.js`, only while Node starts);
- type hints are resolved once for each constructor, not at each call (`_lazy`);
- jsii's index of a package, which a short program leaves unfinished for ever, is finished once (`_index`).

What is synthesised is the same to the byte. Whatever is not as expected is left alone: slow, never wrong.
`EMR_EKS_PLAIN=1` turns all of it off.
"""

from __future__ import annotations

import os
import sys

from constructs_lib._accelerator import _index, _lazy, _node

PLAIN = "EMR_EKS_PLAIN"


def install() -> None:
    """Install the accelerator, once; what was imported before stays as it is."""
    if os.environ.get(PLAIN) == "1" or any(isinstance(finder, _lazy.Finder) for finder in sys.meta_path):
        return
    after = {"jsii._kernel.providers.process": _node.prepare}
    sys.meta_path.insert(0, _lazy.Finder(after))


def warm() -> None:
    """Load every installed provider once and wait until jsii has finished its index."""
    _index.warm()
