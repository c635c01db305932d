#!/bin/bash
# lifeline.sh DIRECTORY COMMAND…
#
# Runs COMMAND in a process group of its own for as long as somebody holds the other end of
# standard input. When that end closes, and it also closes when its holder is killed, the whole
# group is killed. DIRECTORY is removed once the command has ended, however it ended.
set -m # job control: each background job becomes the leader of its own process group
directory=$1
shift

"$@" </dev/null &
command=$!
# From here on the shell would only tell which of its jobs it has killed.
exec 2>/dev/null

{
  cat >/dev/null
  kill -KILL -- "-$command"
} <&0 &
watcher=$!

wait "$command"
status=$?

# What the command left running is in its group. An empty group is no failure.
kill -KILL -- "-$command"
kill -KILL -- "-$watcher"
wait
rm -rf -- "$directory"
exit "$status"
