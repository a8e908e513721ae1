import { element } from "../dom/elements.ts";
import { type CopyParts, createCopyButton } from "./copy-button.ts";
import type { Highlighter } from "./highlight.ts";

export interface CodeBlockParts extends CopyParts {
  highlighter: Highlighter;
}

const languageClass = /^language-(.+)$/;

/** Puts a bar over each code block in `root`: which language it says it is, and a button that copies it. */
export function frameCodeBlocks(root: ParentNode, parts: CodeBlockParts): void {
  for (const code of root.querySelectorAll<HTMLElement>("pre > code")) {
    const block = code.parentElement;
    if (!block) continue;
    const language = languageOf(code);
    const label = element("span", "code-language", language);
    const bar = element(
      "div",
      "code-bar",
      label,
      createCopyButton(() => code.textContent, parts),
    );
    const frame = element("div", "code");
    block.replaceWith(frame);
    // Wide code scrolls; without a mouse it needs the focus for that.
    block.tabIndex = 0;
    block.setAttribute("aria-label", parts.texts.code(language));
    block.setAttribute("role", "group");
    frame.append(bar, block);
  }
}

/** Colours the code blocks in `root`, which is complete. */
export function colourCodeBlocks(root: Element, { highlighter }: CodeBlockParts): void {
  for (const code of root.querySelectorAll<HTMLElement>("pre > code")) {
    highlighter.colour(code, languageOf(code));
  }
}

function languageOf(code: Element): string {
  return languageClass.exec(code.className)?.[1] ?? "";
}
