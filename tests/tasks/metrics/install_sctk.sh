#!/bin/sh
# Puts NIST's sclite at /usr/lib/sctk/bin/sclite on Debian and Ubuntu, for the tests that compare with it. Needs root.
set -eu
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends sctk
test -x /usr/lib/sctk/bin/sclite
