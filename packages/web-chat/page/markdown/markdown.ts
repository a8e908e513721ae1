import { Marked, type Token, type TokensList } from "marked";
import { type CodeBlockParts, colourCodeBlocks, frameCodeBlocks } from "./code-blocks.ts";
import { attachMarkdown, type MarkdownView } from "./markdown-view.ts";
import type { Sanitize } from "./sanitizer.ts";

/** Turns Markdown of a model, which nobody vouches for, into nodes that run nothing and load nothing. */
export interface MarkdownReader {
  attach(root: HTMLElement): MarkdownView;
}

/** What Markdown has no signs for, without attributes. */
const harmlessTag = /^<\/?(?:br|sub|sup|kbd|mark|ins|u)\s*\/?>$/i;

/** What it needs besides the text. */
export interface MarkdownParts extends CodeBlockParts {
  sanitize: Sanitize;
  /** Shows a text that came faster than it could be shown. */
  onLate: (show: () => void) => void;
}

/** Markdown by marked, cleaned by `sanitize`. */
export function createMarkdownReader(parts: MarkdownParts): MarkdownReader {
  const marked = new Marked({
    gfm: true,
    // People and models alike mean a line break by a line break.
    breaks: true,
    renderer: {
      // A remote image would tell its server what was read here, so it stays a link.
      image: ({ href, text }) => `<a href="${escapeHtml(href)}">${escapeHtml(text || href)}</a>`,
      // HTML is shown as what it is. DOMPurify is the second wall, for what the first may have missed.
      html({ text, ...token }) {
        if (harmlessTag.test(text)) return text;
        return "block" in token && token.block ? `<p>${escapeHtml(text)}</p>` : escapeHtml(text);
      },
      checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    },
  });
  function make(token: Token, links: TokensList["links"]): DocumentFragment {
    const made = parts.sanitize(marked.parser(Object.assign([token], { links })));
    frameCodeBlocks(made, parts);
    return made;
  }

  const read = (text: string) => marked.lexer(text);
  const { onLate: showLater } = parts;
  const settle = (block: Element) => colourCodeBlocks(block, parts);
  return { attach: (root) => attachMarkdown(root, { read, make, settle, showLater }) };
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
