#!/bin/sh
# Run by Snakemake in the root of the repository after it has made the environment of conda.yaml. The checksum is that of
# the lock, so that a changed lock makes another environment: sha256sum envs/base.txt
set -eu
echo "7da706f3202865eb46918bdcd4cba541afc7663c6e9fb3af6db4653860b8d7f8  envs/base.txt" | sha256sum --check --quiet
python -m pip install --constraint envs/base.txt torch
python -m pip install --no-deps -r envs/base.txt
python -m pip install --quiet --no-deps --no-build-isolation -e .
