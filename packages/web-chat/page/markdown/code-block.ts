import { download } from "../dom/download.ts";
import { button, element } from "../dom/elements.ts";
import { type CopyParts, createCopyButton } from "./copy-button.ts";
import type { Highlighter } from "./highlight.ts";

export interface CodeBlockParts extends CopyParts {
  highlighter: Highlighter;
}

/** The languages that a class can name. */
const LANGUAGE = /^[\w+#.-]{1,30}$/;

/** Makes a code block under a bar with its language and a button that copies it. */
export function createCodeBlock(text: string, language: string, parts: CodeBlockParts): HTMLElement {
  const code = element("code", LANGUAGE.test(language) ? `language-${language}` : "", text);
  const block = element("pre", "", code);
  // Wide code scrolls. Without a mouse that needs the focus.
  block.tabIndex = 0;
  block.setAttribute("aria-label", parts.texts.code(language));
  block.setAttribute("role", "group");
  const copy = createCopyButton(() => code.textContent, parts);
  const save = button("copy", parts.texts.download, () => {
    download(`code.${LANGUAGE.test(language) ? language : "txt"}`, code.textContent, "text/plain");
  });
  const actions = element("span", "code-actions", createWrapButton(block, parts), save, copy);
  const bar = element("div", "code-bar", element("span", "code-language", language), actions);
  return element("div", "code", bar, block);
}

/** Creates the button that wraps long lines. Otherwise they scroll. */
function createWrapButton(block: HTMLElement, { texts }: CodeBlockParts): HTMLElement {
  const wrap = button("copy", texts.wrap, () => {
    wrap.setAttribute("aria-pressed", String(block.classList.toggle("wrapped")));
  });
  wrap.setAttribute("aria-pressed", "false");
  return wrap;
}

/** Highlights the code blocks in `root`, which is complete. */
export function highlightCode(root: Element, { highlighter }: CodeBlockParts): void {
  for (const code of root.querySelectorAll<HTMLElement>("pre > code")) {
    const language = /^language-(.+)$/.exec(code.className)?.[1];
    if (language !== undefined) highlighter.highlight(code, language);
  }
}
