"""`python -m wta` runs the command line."""

from wta.cli.app import main

if __name__ == "__main__":
    main()
