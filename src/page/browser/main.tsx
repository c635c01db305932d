/// <reference path="./design/style-files.d.ts" />
import "./design/design.css";
import { type JSX, render } from "preact";
import { keepFocus } from "./design/kept-focus.ts";
import { followPrinting } from "./design/printing.ts";
import { applyStoredTheme } from "./design/theme.ts";
import { LaterView } from "./later-view.tsx";
import { PublishedView } from "./published/published-view.tsx";

const RUNS_PATHS = /^\/(runs|versions|schedules)(\/|$)/;

/** The view that this address shows; what few viewers see is fetched when it is to be shown. */
function View(): JSX.Element {
  if (document.documentElement.dataset["view"] === "notebook") {
    return (
      <LaterView load={async () => (await import("./notebook/notebook-view.tsx")).NotebookView} />
    );
  }
  if (RUNS_PATHS.test(location.pathname)) {
    return <LaterView load={async () => (await import("./runs/runs-view.tsx")).RunsView} />;
  }
  return <PublishedView />;
}

followPrinting();
applyStoredTheme();
const root = document.querySelector("#app") ?? document.body;
root.replaceChildren();
keepFocus(root);
render(<View />, root);
