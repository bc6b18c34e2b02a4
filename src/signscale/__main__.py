"""`python -m signscale`: the command line."""

from signscale.cli import main

if __name__ == "__main__":  # the processes of a job import this file again
    main()
