"""Run one server, list what there is, or check that it is as described."""

from __future__ import annotations

import argparse
import sys
import time

from .reference import VENDORS, environment
from .registry import DEFECTS, MANNERS
from .selfcheck import selfcheck
from .serve import serve


def listing() -> None:
    """Print every defect and every manner, one a line."""
    for defect in DEFECTS:
        fields = ("defect", defect.vendor, defect.name, defect.severity, defect.breaks)
        print(*fields, defect.description, sep="\t")
    for manner in MANNERS:
        print("manner", manner.vendor, manner.name, "", "", manner.description, sep="\t")


def main() -> int:
    """Read the command line and do as it says."""
    parser = argparse.ArgumentParser(prog="python -m peers", description=__doc__)
    parser.add_argument("--vendor", choices=VENDORS)
    oddity = parser.add_mutually_exclusive_group()
    oddity.add_argument("--defect", metavar="NAME")
    oddity.add_argument("--manner", metavar="NAME")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--prefix", default="", help="also serve under this path")
    parser.add_argument("--list", action="store_true", help="list defects and manners")
    parser.add_argument("--selfcheck", action="store_true", help="compare all with the references")
    parser.add_argument("--jobs", type=int, default=8, help="how many servers at a time")
    parser.add_argument("--only", default="", help="check names that contain this")
    options = parser.parse_args()
    if options.list:
        listing()
        return 0
    if options.selfcheck:
        return 1 if selfcheck(options.jobs, options.only) else 0
    if not options.vendor:
        parser.error("--vendor, --list or --selfcheck is needed")
    for name, known in ((options.defect, DEFECTS), (options.manner, MANNERS)):
        if name and not any((o.vendor, o.name) == (options.vendor, name) for o in known):
            parser.error(f"{options.vendor} has no {name}")
    chosen = {"defect": options.defect, "manner": options.manner}
    with serve(options.vendor, **chosen, prefix=options.prefix, port=options.port) as url:
        print(url, flush=True)
        for variable, value in environment(options.vendor).items():
            print(f"{variable}={value}", file=sys.stderr, flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


if __name__ == "__main__":
    sys.exit(main())
