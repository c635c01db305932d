#!/usr/bin/env bash
# libsql 0.5.29 (the npm package): a statement that is called again with fewer values than it has parameters
# keeps the values of the call before: `all(3)` after `all(1, 2)` answers [3, 2]; and a text of two
# statements is prepared without a word, of which only the first is ever run. better-sqlite3, whose API it
# has, throws for both.
# Installs pinned public packages in a temporary folder; ends with 1 when the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module","dependencies":{"libsql":"0.5.29"}}' > package.json
npm install --silent --no-audit --no-fund >/dev/null 2>&1
cat > try.mjs <<'JS'
import Database from "libsql";
const db = new Database(":memory:");
const pair = db.prepare("SELECT ? AS a, ? AS b").raw();
console.log(JSON.stringify(pair.all([1, 2])), JSON.stringify(pair.all([3])));
console.log(JSON.stringify(db.prepare("SELECT 1 AS one; SELECT 2 AS two").all()));
JS
got=$(node try.mjs)
printf '%s\n' "$got"
expected='[[1,2]] [[3,2]]
[{"one":1}]'
[ "$got" = "$expected" ]
