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
import { element } from "../dom/elements.ts";

/** Colours code. */
export interface Highlighter {
  /** Colours what stands in `code`, as soon as a reader comes near it. Nothing happens if the language is not known. */
  colour(code: HTMLElement, language: string): void;
}

// Chosen: together 20 kB gzipped, half of the page's languages; others are shown as they are.
const languages = {
  ...{ bash, c, cpp, css, diff, dockerfile, go, ini, java, javascript, json, markdown, python },
  ...{ rust, shell, sql, typescript, xml, yaml },
};

// Measured: 30,000 characters take up to 30 ms. What is longer stays without colours.
const maxChars = 30_000;

// Chosen: what is one screen away is coloured before it is seen.
const nearScreen = "100%";

/** highlight.js, by lowlight: it gives a tree of scopes, so no HTML is made or read on the way. */
export function createHighlighter(): Highlighter {
  const lowlight = createLowlight(languages);
  const waiting = new WeakMap<Element, string>();

  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        const language = waiting.get(target);
        // A task each, so that a page full of code does not stand still while it is coloured.
        if (language !== undefined) setTimeout(paint, 0, target, language);
      }
    },
    { rootMargin: nearScreen },
  );
  function paint(code: Element, language: string): void {
    const { children } = lowlight.highlight(language, code.textContent);
    code.replaceChildren(...children.map(toNode));
  }

  return {
    colour(code, language) {
      const name = language.toLowerCase();
      if (!lowlight.registered(name) || code.textContent.length > maxChars) return;
      waiting.set(code, name);
      observer.observe(code);
    },
  };
}

type Scope = ReturnType<ReturnType<typeof createLowlight>["highlight"]>["children"][number];

function toNode(scope: Scope): Node {
  if (scope.type !== "element") return document.createTextNode("value" in scope ? scope.value : "");
  const { className } = scope.properties;
  const names = Array.isArray(className) ? className.join(" ") : "";
  return element("span", names, ...scope.children.map(toNode));
}
