"""`python -m bench [--check] [MODULE…]` prints the measurements as a Markdown table."""

import sys

from bench.run import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
