"""``python -m chatcert`` is the same as ``chatcert``."""

import sys

from chatcert.cli import main

sys.exit(main())
