#!/usr/bin/env bash
# readr 2.1.4 (vroom 1.6.1) on R 4.2.2, as Debian 12 has them: `read_csv` reads a number whose last
# digit stands behind the 307th decimal place as another one, up to 10^17 times as large, and tells
# no problem: 2.2250738585072014e-308, the smallest normal double, as 2.2250738585072017e-291, and
# 5e-324 as 5e-307. R's own `read.csv` reads the same file right.
# Seen: the lines below. Installs pinned packages by apt-get where readr is not there; ends with 1
# when the behaviour has changed.
set -euo pipefail
if ! Rscript -e 'library(readr)' >/dev/null 2>&1; then
  apt-get install -y -qq --no-install-recommends r-base-core=4.2.2.20221110-2 \
    r-cran-readr=2.1.4-1 >/dev/null
fi
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
printf 'v\n5e-324\n2.5e-310\n2.2250738585072014e-308\n1.2345678901234567e-295\n1.5e-300\n' > "$folder/tiny.csv"
cat > "$folder/try.R" <<'R'
path <- commandArgs(trailingOnly = TRUE)[[1]]
read <- readr::read_csv(path, show_col_types = FALSE)
cat("readr", as.character(packageVersion("readr")), "tells", nrow(readr::problems(read)), "problems\n")
cat(sprintf("%s: %.3g by readr, %.3g by read.csv\n", readLines(path)[-1], read$v, read.csv(path)$v), sep = "")
R
got=$(Rscript "$folder/try.R" "$folder/tiny.csv" 2>/dev/null)
printf '%s\n' "$got"
expected='readr 2.1.4 tells 0 problems
5e-324: 5e-307 by readr, 4.94e-324 by read.csv
2.5e-310: 2.5e-306 by readr, 2.5e-310 by read.csv
2.2250738585072014e-308: 2.23e-291 by readr, 2.23e-308 by read.csv
1.2345678901234567e-295: 1.23e-291 by readr, 1.23e-295 by read.csv
1.5e-300: 1.5e-300 by readr, 1.5e-300 by read.csv'
[ "$got" = "$expected" ]
