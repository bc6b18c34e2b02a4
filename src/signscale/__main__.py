"""`python -m signscale`: the command line."""

from signscale.cli import main

main()
