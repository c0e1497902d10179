#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Owns: the short run of `make torture`, always with the same seed: what fails here can be tried again.
source tests/integration/environment.bash

scripts/torture --short --seed 1
