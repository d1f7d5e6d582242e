"""`python -m siebench` is `siebench`."""

from bench.cli import main

if __name__ == "__main__":
    main()
