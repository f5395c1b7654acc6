"""`python -m listener_service`."""

import sys

from listener_service.service import main

if __name__ == "__main__":
    sys.exit(main())
