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

{
  cat >/dev/null
  kill -KILL -- "-$command"
} <&0 2>/dev/null &
watcher=$!

wait "$command" 2>/dev/null
status=$?

# What the command left running is in its group. An empty group is no failure.
kill -KILL -- "-$command" 2>/dev/null
kill -KILL -- "-$watcher" 2>/dev/null
wait 2>/dev/null
rm -rf -- "$directory"
exit "$status"
