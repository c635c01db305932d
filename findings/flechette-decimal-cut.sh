#!/usr/bin/env bash
# @uwdata/flechette 1.1.2: numbers that are put into a decimal column are multiplied and cut, not rounded, so
# that some amounts lose a cent: 0.29 is stored as 0.28 and 4.35 as 4.34.
# Installs pinned public packages in a temporary folder; ends with 1 when the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module","dependencies":{"@uwdata/flechette":"1.1.2"}}' > package.json
npm install --silent --no-audit --no-fund >/dev/null 2>&1
cat > try.mjs <<'JS'
import { columnFromValues, decimal, tableFromColumns, tableFromIPC, tableToIPC } from "@uwdata/flechette";
const values = columnFromValues([0.29, 0.5, 4.35], decimal(9, 2, 128));
const column = tableFromIPC(tableToIPC(tableFromColumns({ values }))).getChildAt(0);
console.log(JSON.stringify([...column]));
JS
got=$(node try.mjs)
printf '%s\n' "$got"
[ "$got" = '[0.28,0.5,4.34]' ]
