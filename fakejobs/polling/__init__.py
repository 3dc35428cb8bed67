"""What clients did with a job, and assertions on it.

``record`` tells which exchanges were polls and by whom, ``judgements`` what is wrong with them, ``view`` is what a
test holds; ``creation`` looks at how jobs came to be.
"""

from __future__ import annotations

from fakejobs.polling.creation import only_job_made
from fakejobs.polling.view import Polling, polling_of

__all__ = ["Polling", "only_job_made", "polling_of"]
