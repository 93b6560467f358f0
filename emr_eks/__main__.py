"""The command `emr-eks`, also as `python -m emr_eks`."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command line; Ctrl-C while it is still being loaded ends it without a word."""
    heard = signal.getsignal(signal.SIGINT)
    if heard is signal.default_int_handler:  # not where it is ignored, as in a script's background
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from emr_eks import cli

    signal.signal(signal.SIGINT, heard)
    cli.main()


if __name__ == "__main__":
    main()
