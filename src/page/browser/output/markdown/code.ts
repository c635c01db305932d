import highlighter from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import json from "highlight.js/lib/languages/json";
import markdown from "highlight.js/lib/languages/markdown";
import python from "highlight.js/lib/languages/python";
import r from "highlight.js/lib/languages/r";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";

const languages = { bash, css, diff, json, markdown, python, r, sql, typescript, xml, yaml };
for (const [name, language] of Object.entries(languages)) {
  highlighter.registerLanguage(name, language);
}
highlighter.registerAliases(["js", "jsx", "javascript", "mjs", "mts"], {
  languageName: "typescript",
});

/** Colours the code in these elements; what is in no known language stays as it is. */
export function colourCode(elements: Iterable<HTMLElement>): void {
  for (const element of elements) {
    const name = /language-(\S+)/.exec(element.className)?.[1] ?? "";
    if (highlighter.getLanguage(name) === undefined) continue;
    const { value } = highlighter.highlight(element.textContent ?? "", {
      language: name,
      ignoreIllegals: true,
    });
    // the highlighter escapes what it is given and adds spans with classes only
    element.innerHTML = value;
  }
}
