import { download } from "../dom/download.ts";
import { button, element, setText } from "../dom/elements.ts";
import { createSandboxedFrame, type SandboxedFrame } from "../dom/sandboxed-frame.ts";
import { type CopyParts, createCopyButton } from "./copy-button.ts";
import type { Highlighter } from "./highlight.ts";

export interface CodeBlockParts extends CopyParts {
  highlighter: Highlighter;
  /** The address of the document that draws diagrams. Without it, they are shown as code. */
  diagramUrl?: string | undefined;
}

// More would take seconds, and nobody could read it.
const MAX_DIAGRAM_CHARS = 20_000;

// The height of some lines, and of about four screens.
const DIAGRAM_PX = { least: 40, most: 4000 };

// Some hundred lines. Browsers lay out a growing text as a whole, so a long one is cut into parts.
const MAX_PART_CHARS = 8000;

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
  if (language === "mermaid") actions.prepend(...createDrawButton(block, parts));
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

/** Creates the button that draws a diagram, if the app can draw one, and shows its code again. */
function createDrawButton(block: HTMLElement, parts: CodeBlockParts): HTMLElement[] {
  const { texts, diagramUrl, onAnnounce } = parts;
  if (diagramUrl === undefined) return [];
  let frame: SandboxedFrame | undefined;
  const toggle = button("copy", texts.draw, () => (frame ? showCode() : draw(diagramUrl)));
  function showCode(): void {
    frame?.close();
    frame = undefined;
    block.hidden = false;
    setText(toggle, texts.draw);
  }
  function fail(): void {
    showCode();
    setText(toggle, texts.notDrawn);
    onAnnounce(texts.notDrawn);
  }
  function draw(url: string): void {
    const text = block.textContent;
    if (text.length > MAX_DIAGRAM_CHARS) return fail();
    const { colorScheme } = getComputedStyle(block);
    const isDark =
      colorScheme === "dark" ||
      (colorScheme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    frame = createSandboxedFrame({
      ...{ url, title: texts.diagram },
      message: () => ({ text, isDark }),
      onAnswer({ height }) {
        if (typeof height !== "number" || !(height > 0)) return fail();
        const shown = Math.min(Math.max(height, DIAGRAM_PX.least), DIAGRAM_PX.most);
        if (frame) frame.root.style.height = `${shown}px`;
        block.hidden = true;
      },
    });
    frame.root.className = "diagram";
    block.after(frame.root);
    setText(toggle, texts.showCode);
  }
  return [toggle];
}

/** Highlights the code blocks in `root`, which is complete. */
export function highlightCode(root: Element, { highlighter }: CodeBlockParts): void {
  for (const code of root.querySelectorAll<HTMLElement>("pre > code")) {
    const language = /^language-(.+)$/.exec(code.className)?.[1];
    if (language !== undefined) highlighter.highlight(code, language);
  }
}

/**
 * Adds text before the line break that ends a code block.
 *
 * @returns false if the code holds more than plain text, because it is highlighted already.
 */
export function appendCode(code: Element, added: string): boolean {
  const last = code.lastChild;
  const text = last instanceof HTMLElement && last.matches(".code-part") ? last.firstChild : last;
  if (!(text instanceof Text)) return false;
  if (text.length < MAX_PART_CHARS) {
    text.insertData(text.length - 1, added);
    return true;
  }
  // The incomplete line moves to the next part.
  const lineStart = text.data.lastIndexOf("\n", text.length - 2) + 1;
  const line = text.data.slice(lineStart, -1);
  text.deleteData(lineStart, text.length - lineStart);
  const next = element("span", "code-part", `${line}${added}\n`);
  if (last === text) code.replaceChildren(element("span", "code-part off-screen", text.data), next);
  else {
    if (last instanceof HTMLElement) last.classList.add("off-screen");
    code.append(next);
  }
  return true;
}
