/**
 * The lane `unit`: test files that start no process (`no-processes.ts` refuses it) and take a second
 * or two at most. They share one process each for the two of them that run at once, and all are
 * through in 20 seconds. Every other file is of the lane `world`: real servers, processes, browsers.
 */
export const UNIT = [
  "test/text.test.ts",
  "test/house/docs.test.ts",
  "test/cell/!(key-encoding).test.ts",
  "test/client/client-declarations.test.ts",
  "test/fakes/*.test.ts",
  "test/frame/{arrow,calendar,csv-write,csv,frame,json,rows,spreadsheet-text,terminal-table,watch}.test.ts",
  "test/kernel/{cell-cache,crash-backoff,recalled-runs}.test.ts",
  "test/page/{page-cells,page-layout}.test.ts",
  "test/page/browser/!(cell-rows).test.ts",
  "test/project/!(probe-file).test.ts",
  "test/queue/location.test.ts",
  "test/run/!(store-url).test.ts",
  "test/run/history/!(run-history).test.ts",
  "test/run/parts/*.test.ts",
  "test/run/redact/redactor.test.ts",
  "test/schedule/!(scheduler-*).test.ts",
  "test/server/{csv-forms,held,log-cursor,page-contents,page-watch,press-claims,request-log,run-records}.test.ts",
  "test/servers/apt-sources.test.ts",
  "test/source/!(cell-code).test.ts",
  "test/start/code-cache.test.ts",
  "test/store/{change-outcome,document,evaluation-id,garbage,hostile-store,key,lease,location,manifest,shown-frames,stored-file,version-difference,versions}.test.ts",
  "test/work/{run-end,run-output}.test.ts",
];
