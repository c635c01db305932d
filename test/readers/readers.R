# Prints as JSON what R's readers of CSV see in the CSV files of a folder, as readers.py does.
# Arguments: the folder, then the names of readers.
Sys.setenv(TZ = "UTC")
options(digits.secs = 6, warn = -1)
suppressMessages({ library(readr); library(data.table); library(bit64) })

quoted <- function(text) {
  codes <- utf8ToInt(enc2utf8(text))
  parts <- vapply(codes, function(code) {
    if (code >= 32 && code < 127 && code != 34 && code != 92) return(intToUtf8(code))
    if (code < 65536) return(sprintf("\\u%04x", code))
    sprintf("\\u%04x\\u%04x", 55296 + (code - 65536) %/% 1024, 56320 + (code - 65536) %% 1024)
  }, "")
  paste0("\"", paste(parts, collapse = ""), "\"")
}

list_of <- function(texts) paste0("[", paste(texts, collapse = ","), "]")

moment <- function(value) {
  seconds <- as.numeric(value)
  whole <- floor(seconds + 5e-7)
  micros <- max(0, round((seconds - whole) * 1e6))
  day <- as.POSIXlt(whole, origin = "1970-01-01", tz = "UTC")
  sprintf("%04d-%02d-%02dT%02d:%02d:%02d.%06d", day$year + 1900, day$mon + 1, day$mday,
    day$hour, day$min, as.integer(day$sec), as.integer(micros))
}

told <- function(value) {
  if (is.numeric(value) && !inherits(value, "integer64") && is.nan(value)) return("number NaN")
  if (is.na(value)) return(NULL)
  if (inherits(value, "POSIXct")) return(paste("instant", moment(value)))
  if (inherits(value, "Date") || inherits(value, "IDate")) {
    day <- as.POSIXlt(as.Date(value))
    return(paste("date", sprintf("%04d-%02d-%02d", day$year + 1900, day$mon + 1, day$mday)))
  }
  if (inherits(value, "integer64")) return(paste("number", as.character(value)))
  if (is.logical(value)) return(paste("boolean", tolower(as.character(value))))
  if (is.numeric(value)) return(paste("number", sprintf("%.17g", as.numeric(value))))
  paste("text", as.character(value))
}

values_of <- function(column) {
  list_of(vapply(seq_along(column), function(row) {
    value <- told(column[[row]])
    if (is.null(value)) "null" else quoted(value)
  }, ""))
}

seen <- function(table) {
  types <- vapply(table, function(column) class(column)[[1]], "")
  paste0("{\"names\":", list_of(vapply(names(table), quoted, "")),
    ",\"types\":", list_of(vapply(types, quoted, "")),
    ",\"values\":", list_of(vapply(as.list(table), values_of, "")), "}")
}

types_of <- function(file) {
  text <- paste(readLines(sub("\\.csv$", ".types.json", file), warn = FALSE), collapse = "")
  pairs <- regmatches(text, gregexpr("\"[^\"]*\"", text))[[1]]
  texts <- gsub("\"", "", pairs)
  setNames(texts[c(FALSE, TRUE)], texts[c(TRUE, FALSE)])
}

missing_of <- function(types) if (length(types) == 1) "NA" else ""

read_csv_right <- function(file, types) {
  kinds <- c(integer = "d", bigint = "I", number = "d", boolean = "l", date = "D", datetime = "T",
    instant = "T", string = "c")
  read_csv(file, col_types = paste(kinds[types], collapse = ""), na = missing_of(types), trim_ws = FALSE)
}

fread_right <- function(file, types) {
  kinds <- c(integer = "integer64", bigint = "integer64", number = "numeric", boolean = "logical",
    date = "IDate", datetime = "POSIXct", instant = "POSIXct", string = "character")
  fread(file, sep = ",", colClasses = unname(kinds[types]), na.strings = missing_of(types), strip.white = FALSE)
}

read.csv_right <- function(file, types) {
  kinds <- c(integer = "numeric", bigint = "character", number = "numeric", boolean = "logical",
    date = "Date", datetime = "character", instant = "character", string = "character")
  table <- read.csv(file, colClasses = unname(kinds[types]), na.strings = missing_of(types),
    check.names = FALSE, blank.lines.skip = FALSE)
  times <- types %in% c("datetime", "instant")
  table[times] <- lapply(table[times], as.POSIXct, tz = "UTC", format = "%Y-%m-%dT%H:%M:%OS")
  table[types == "bigint"] <- lapply(table[types == "bigint"], as.integer64)
  table
}

readers <- list(
  "readr" = list(function(file, types) read_csv(file, show_col_types = FALSE), read_csv_right),
  "R read.csv" = list(function(file, types) read.csv(file), read.csv_right),
  "fread" = list(function(file, types) fread(file), fread_right)
)

attempt <- function(read, file) {
  tryCatch(suppressMessages(seen(read(file, types_of(file)))), error = function(error) {
    paste0("{\"error\":", quoted(strsplit(conditionMessage(error), "\n")[[1]][[1]]), "}")
  })
}

arguments <- commandArgs(trailingOnly = TRUE)
files <- sort(list.files(arguments[[1]], pattern = "\\.csv$", full.names = TRUE))
all_of <- function(read) {
  parts <- vapply(files, function(file) paste0(quoted(sub("\\.csv$", "", basename(file))), ":", attempt(read, file)), "")
  paste0("{", paste(parts, collapse = ","), "}")
}
results <- vapply(arguments[-1], function(name) paste0(quoted(name), ":{\"default\":",
  all_of(readers[[name]][[1]]), ",\"right\":", all_of(readers[[name]][[2]]), "}"), "")
cat("{", paste(results, collapse = ","), "}", sep = "")
