import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import markdown from "highlight.js/lib/languages/markdown";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import shell from "highlight.js/lib/languages/shell";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";

/** A piece of code: a text, or a scope with a class and children. */
export type Scope = ReturnType<ReturnType<typeof createLowlight>["highlight"]>["children"][number];

/** The answer of the worker to a text. */
export interface HighlightedCode {
  readonly text: string;
  readonly children: readonly Scope[];
}

// Together 20 kB gzipped. Other languages are shown without colours.
const languages = {
  ...{ bash, c, cpp, css, diff, dockerfile, go, ini, java, javascript, json, markdown, python },
  ...{ rust, shell, sql, typescript, xml, yaml },
};

// highlight.js by way of lowlight, which returns a tree of scopes and no HTML.
const lowlight = createLowlight(languages);

addEventListener("message", ({ data }: MessageEvent<{ text: string; language: string }>) => {
  const { text, language } = data;
  postMessage(
    lowlight.registered(language)
      ? { text, children: lowlight.highlight(language, text).children }
      : undefined,
  );
});
postMessage(undefined);
