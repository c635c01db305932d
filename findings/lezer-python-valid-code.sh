#!/usr/bin/env bash
# @lezer/python 1.1.19 (the Python grammar of CodeMirror 6): valid Python that it gives error nodes for: `with` over
# names in brackets, `with … as (a, b)`, `case Name():`, and a `yield` alone in brackets. Python 3.11 compiles
# each of them.
# Installs pinned public packages in a temporary folder; ends with 1 when the behaviour has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
cd "$folder"
echo '{"private":true,"type":"module","dependencies":{"@lezer/python":"1.1.19"}}' > package.json
npm install --silent --no-audit --no-fund >/dev/null 2>&1
cat > try.mjs <<'JS'
import { spawnSync } from "node:child_process";
import { parser } from "@lezer/python";
const samples = [
  "with (open('a') as f, open('b') as g):\n    pass\n",
  "with open('a') as (a, b):\n    pass\n",
  "match v:\n    case X():\n        pass\n",
  "def f():\n    x = [(yield)]\n",
  "with open('a') as f:\n    pass\n",
];
for (const sample of samples) {
  let errors = 0;
  parser.parse(sample).iterate({ enter: ({ type }) => void (errors += type.isError ? 1 : 0) });
  const compile = "import sys; compile(sys.stdin.read(), 'sample', 'exec')";
  const { status } = spawnSync("python3", ["-c", compile], { input: sample });
  console.log(`${sample.trim().split("\n").at(0)} … lezer: ${errors > 0}, python: ${status !== 0}`);
}
JS
got=$(node try.mjs)
printf '%s\n' "$got"
expected="with (open('a') as f, open('b') as g): … lezer: true, python: false
with open('a') as (a, b): … lezer: true, python: false
match v: … lezer: true, python: false
def f(): … lezer: true, python: false
with open('a') as f: … lezer: false, python: false"
[ "$got" = "$expected" ]
