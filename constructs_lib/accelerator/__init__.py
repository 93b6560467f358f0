"""Makes CDK for Terraform programs in Python start in about a second instead of ten and more.

One line, before the first import of a provider's bindings, is all that any program needs: `import constructs_lib`, or

    from constructs_lib import accelerator; accelerator.install()

The time goes into loading the more than 2,000 modules of a provider, once in Python and once in Node, where a program
uses thirty. So (hashicorp/terraform-cdk issue 3753):

- `import cdktf_cdktf_provider_aws.vpc` no longer runs the parent's `__init__`, which imports everything (`_lazy`);
- Node is given the provider's own lazy index in place of its eager one (`node/preload.js`, only while Node starts);
- jsii reads the definitions of the types in use, and no others (`node/definitions.js`);
- jsii's kernel runs in its launcher's process, not in one more (`node/one-process.js`);
- cdktf words a token's stack trace when somebody reads it, not always (`node/stack-trace.js`);
- a stack is resolved without a look for tokens in each of its texts, six times over (`node/resolve.js`);
- a large stack is put into words without five copies of it (`node/stringify.js`);
- a program that has more to do than to import cdktf lets Node load meanwhile (`load_ahead`, `_ahead`);
- type hints are resolved once for each constructor, not at each call, and the obvious passes at once (`_hints`);
- of a struct, what it was given is read and sent, not each of the thirty arguments that it might have (`_structs`);
- jsii's index of a package, which a short program leaves unfinished for ever, is finished once (`_index`);
- Node keeps its young generation small, which takes a tenth off its memory (`_node`);
- jsii gets a private cache folder where it would refuse the one in HOME (`_cache`);
- jsii's banner about an old Node, eleven lines at every start, is one line (`node/preload.js`).

The classes are the same objects, the errors say the same, and what is synthesised is the same to the byte. Bindings
without the problem, and whatever else is not as expected, are left alone: slow, never wrong.
`EMR_EKS_PLAIN=1` turns all of it off.
"""

from __future__ import annotations

import os
import sys

from constructs_lib.accelerator import _ahead, _index, _lazy

PLAIN = "EMR_EKS_PLAIN"


def install() -> None:
    """Install the accelerator, once; what was imported before stays as it is."""
    if is_plain() or any(isinstance(finder, _lazy.Finder) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, _lazy.Finder())
    for name, prepare in _lazy.JSII.items():
        if module := sys.modules.get(name):
            prepare(module)


def load_ahead(*packages: str) -> None:
    """Start Node if it is not running, and let it load the bindings *packages* while Python goes on.

    For a program that has something else to do before it imports them. The names are those of Python, such as `cdktf`
    and `cdktf_cdktf_provider_aws`; what a binding needs is loaded before it.
    """
    if not is_plain():
        install()
        _ahead.load(packages)


def warm() -> None:
    """Load every installed provider once and wait until jsii has finished its index.

    Starts Node. Takes some ten seconds the first time (unpacking, and indexing 130 MB), well under one afterwards.
    """
    if not is_plain():
        install()
        _index.warm()


def is_plain() -> bool:
    """Tell whether the user wants CDKTF as it comes."""
    return os.environ.get(PLAIN) == "1"
