"""``python -m chatcert`` is the same as ``chatcert``."""

import sys

from chatcert.cli.main import main

sys.exit(main())
