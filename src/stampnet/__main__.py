"""`python -m stampnet` is the command `stampnet`."""

from stampnet.cli.app import main

if __name__ == "__main__":
    main()
