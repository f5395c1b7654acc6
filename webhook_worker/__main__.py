"""`python -m webhook_worker`."""

import sys

from webhook_worker.worker import main

if __name__ == "__main__":
    sys.exit(main())
