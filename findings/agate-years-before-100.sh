#!/usr/bin/env bash
# agate 1.14.2, by which csvkit 2.2.0 reads: a day of the years 1 to 99 in a column of ISO days gets
# another century, as if the year had two digits: 0001-01-01 is read as 2001-01-01 and 0099-05-06 as
# 1999-05-06. 0100-05-06 stays, and so does 0001-01-01T00:00:00, a time of the same day.
# Installs pinned public packages in a temporary folder; ends with 1 when the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet csvkit==2.2.0 agate==1.14.2 >/dev/null 2>&1
printf 'row,day,time\n1,0001-01-01,0001-01-01T00:00:00\n2,0099-05-06,0099-05-06T00:00:00\n3,0100-05-06,0100-05-06T00:00:00\n' \
  > "$folder/days.csv"
got=$("$folder/venv/bin/in2csv" "$folder/days.csv")
printf '%s\n' "$got"
expected='row,day,time
1,2001-01-01,0001-01-01T00:00:00
2,1999-05-06,0099-05-06T00:00:00
3,0100-05-06,0100-05-06T00:00:00'
[ "$got" = "$expected" ]
