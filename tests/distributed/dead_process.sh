#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# dead_process.sh COMMAND...: the command is an MPI job with a process that dies. It must end by itself, with an error.
set -u
status=0
timeout 60 "$@" || status=$?
if ((status == 0)); then
    echo "the job ended without an error"
    exit 1
elif ((status == 124)); then
    echo "the job did not end within 60 seconds"
    exit 1
fi
echo "the job ended with status $status"
