"""``python -m fakejobs`` is the command ``fakejobs``."""

from __future__ import annotations

import sys

from fakejobs.cli import main

sys.exit(main())
