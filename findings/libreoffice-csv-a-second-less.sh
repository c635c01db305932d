#!/usr/bin/env bash
# LibreOffice 7.4.7, as Debian 12 has it: of a spreadsheet with each second of 1969-12-31, saved as
# CSV with cells as shown (the default), 41,168 of 86,400 times are a second earlier in the file:
# 1969-12-31T23:59:59 is written as 1969-12-31 23:59:58. Times of 1995-01-01 are hit at 5 %, those of
# 2024-06-15 never. The spreadsheet itself keeps the times.
# Seen: the counts below. Installs a pinned package by apt-get where soffice is not there; ends with 1
# when the behaviour has changed.
set -euo pipefail
if ! command -v soffice >/dev/null; then
  apt-get install -y -qq --no-install-recommends libreoffice-calc-nogui=4:7.4.7-1+deb12u14 >/dev/null
fi
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cat > "$folder/try.py" <<'PY'
import datetime, subprocess, sys

folder = sys.argv[1]
days = ["1969-12-31", "1995-01-01", "2024-06-15"]
times = [
    (datetime.datetime.fromisoformat(day) + datetime.timedelta(seconds=second)).isoformat()
    for day in days for second in range(86_400)
]
urn = "urn:oasis:names:tc:opendocument:xmlns"
of = {"office": "office", "table": "table", "style": "style", "number": "datastyle"}
spaces = " ".join(f'xmlns:{name}="{urn}:{kind}:1.0"' for name, kind in of.items())
part = lambda name: f'<number:{name} number:style="long"/>'
join = lambda sign, names: f"<number:text>{sign}</number:text>".join(map(part, names))
shown = join("-", ["year", "month", "day"]) + "<number:text> </number:text>" + join(":", ["hours", "minutes", "seconds"])
cells = "".join(
    f'<table:table-row><table:table-cell table:style-name="t" office:value-type="date" office:date-value="{time}"/></table:table-row>'
    for time in times
)
with open(f"{folder}/t.fods", "w") as file:
    file.write(f'''<?xml version="1.0" encoding="UTF-8"?>
<office:document {spaces} office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:automatic-styles><number:date-style style:name="T">{shown}</number:date-style>
<style:style style:name="t" style:family="table-cell" style:data-style-name="T"/></office:automatic-styles>
<office:body><office:spreadsheet><table:table table:name="t">{cells}</table:table></office:spreadsheet></office:body></office:document>''')
subprocess.run(
    ["soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", "csv", "--outdir", folder, f"{folder}/t.fods"],
    check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
)
written = open(f"{folder}/t.csv").read().split()
written = [f"{day}T{time}" for day, time in zip(written[::2], written[1::2])]
for day in days:
    pairs = [(time, got) for time, got in zip(times, written) if time.startswith(day)]
    other = [(time, got) for time, got in pairs if time != got]
    first = f", the first {other[0][0]} as {other[0][1]}" if other else ""
    print(f"{day}: {len(other)} of {len(pairs)} times are others{first}")
PY
got=$(python3 "$folder/try.py" "$folder")
soffice --version
printf '%s\n' "$got"
expected='1969-12-31: 41168 of 86400 times are others, the first 1969-12-31T00:00:01 as 1969-12-31T00:00:00
1995-01-01: 4456 of 86400 times are others, the first 1995-01-01T00:02:15 as 1995-01-01T00:02:14
2024-06-15: 0 of 86400 times are others'
[ "$got" = "$expected" ]
