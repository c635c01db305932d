#!/usr/bin/env bash
# danfojs-node 1.2.0: `DataFrame.copy()` is documented as a deep copy, but the copy has the very row
# arrays of the original: what is written into a row of `copy.values` is read from the original too.
# Seen: "shared rows: true", and 99 in the original after 99 was written into the copy.
# Installs pinned public packages in a temporary folder; ends with 1 when the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"
cat > package.json <<'JSON'
{
  "private": true,
  "type": "module",
  "dependencies": { "danfojs-node": "1.2.0" },
  "overrides": {
    "xlsx": "0.18.5",
    "@tensorflow/tfjs-node": "npm:@tensorflow/tfjs@4.22.0",
    "request": "npm:empty-npm-package@1.0.0"
  }
}
JSON
npm install --silent --no-audit --no-fund --ignore-scripts >/dev/null 2>&1
cat > try.mjs <<'JS'
import { createRequire } from "node:module";
const { DataFrame } = createRequire(import.meta.url)("danfojs-node");
const original = new DataFrame([[1, 2], [3, 4]], { columns: ["a", "b"] });
const copy = original.copy();
console.log(`shared rows: ${copy.values[0] === original.values[0]}`);
copy.values[0][0] = 99;
console.log(`original after a write to the copy: ${JSON.stringify(original.values)}`);
JS
got=$(node try.mjs 2>/dev/null)
printf '%s\n' "$got"
expected='shared rows: true
original after a write to the copy: [[99,2],[3,4]]'
[ "$got" = "$expected" ]
