"""`python -m bench` is `sebench`."""

from bench.cli import main

if __name__ == "__main__":
    main()
