#!/usr/bin/env bash
# read-excel-file 9.3.17, over a workbook of openpyxl 3.1.5: an error cell (#N/A) is read as null, as if it were
# empty; spaces around a text are cut off; and 12:00:00.123 is read as 12:00:00.122.
# Installs pinned public packages in a temporary folder; ends with 1 when the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet openpyxl==3.1.5 >/dev/null 2>&1
venv/bin/python - <<'PY'
import datetime, openpyxl
book = openpyxl.Workbook()
book.active.append(["  padded ", "#N/A", datetime.datetime(2026, 1, 31, 12, 0, 0, 123000)])
book.active["C1"].number_format = "yyyy-mm-dd hh:mm:ss.000"
book.save("made.xlsx")
PY
echo '{"private":true,"type":"module","dependencies":{"read-excel-file":"9.3.17"}}' > package.json
npm install --silent --no-audit --no-fund >/dev/null 2>&1
cat > try.mjs <<'JS'
import readWorkbook from "read-excel-file/node";
const [{ data }] = await readWorkbook("made.xlsx");
console.log(JSON.stringify(data));
JS
got=$(node try.mjs)
printf '%s\n' "$got"
[ "$got" = '[["padded",null,"2026-01-31T12:00:00.122Z"]]' ]
