"""Run a program from a small process, and print its time and memory.

    python -I -S measure.py DESCRIPTOR COMMAND...

What the system says of a program's memory begins with what the process that started it has had: a bench of 90 MB
would find no program smaller than that. Writes one line of JSON to the open file: ``seconds``, ``processor_seconds``,
``peak_bytes`` and ``status``, or ``error`` where the program cannot be started.
"""

import json
import os
import sys
import time


def main(descriptor: int, command: list[str]) -> None:
    """Start, wait, tell."""
    os.set_inheritable(descriptor, False)
    started = time.perf_counter()
    try:
        child = os.posix_spawnp(command[0], command, os.environ)
    except OSError as error:
        reported: dict[str, object] = {"error": error.strerror or str(error)}
    else:
        _, waited, usage = os.wait4(child, 0)
        reported = {
            "seconds": time.perf_counter() - started,
            "processor_seconds": usage.ru_utime + usage.ru_stime,
            "peak_bytes": usage.ru_maxrss * 1024,
            "status": os.waitstatus_to_exitcode(waited),
        }
    os.write(descriptor, json.dumps(reported).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
