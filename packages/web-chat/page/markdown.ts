import createSanitizer, { type Config } from "dompurify";
import { Marked, type Token, type TokensList } from "marked";
import { type CodeBlockParts, colourCodeBlocks, frameCodeBlocks } from "./code-blocks.ts";
import { attachMarkdown, type MarkdownView } from "./markdown-view.ts";

/** Turns Markdown of a model, which nobody vouches for, into nodes that run nothing and load nothing. */
export interface MarkdownReader {
  attach(root: HTMLElement): MarkdownView;
}

const sanitizing = {
  // No `img`, `form`, `input`, `style` or `svg`: what is shown cannot load, ask, cover or run.
  ALLOWED_TAGS: [
    ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "ul", "ol", "li"],
    ...["table", "thead", "tbody", "tr", "th", "td", "a", "strong", "em", "b", "i", "u", "s", "del", "ins"],
    ...["sub", "sup", "kbd", "mark", "#text"],
  ],
  ALLOWED_ATTR: ["href", "title", "align", "start", "class"],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ADD_URI_SAFE_ATTR: ["align", "start"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
} satisfies Config;

/** What Markdown has no signs for, without attributes. */
const harmlessTag = /^<\/?(?:br|sub|sup|kbd|mark|ins|u)\s*\/?>$/i;

/** Of a code block: which language its author says it is in. */
const languageClass = /^language-[\w+#.-]{1,30}$/;

/** Markdown by marked, cleaned by DOMPurify. One per page: DOMPurify's Trusted Types policy has one name. */
export function createMarkdownReader(parts: CodeBlockParts): MarkdownReader {
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
  const sanitizer = createSanitizer(window);
  sanitizer.addHook("uponSanitizeAttribute", (node, attribute) => {
    if (attribute.attrName !== "class") return;
    attribute.keepAttr = node.localName === "code" && languageClass.test(attribute.attrValue);
  });
  sanitizer.addHook("afterSanitizeAttributes", (node) => {
    if (!node.hasAttribute("href")) return;
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  });

  function fill(block: Element, token: Token, links: TokensList["links"]): void {
    const html = marked.parser(Object.assign([token], { links }));
    block.replaceChildren(sanitizer.sanitize(html, { ...sanitizing, RETURN_DOM_FRAGMENT: true }));
    frameCodeBlocks(block, parts);
  }

  const read = (text: string) => marked.lexer(text);
  const settle = (block: Element) => colourCodeBlocks(block, parts);
  return { attach: (root) => attachMarkdown(root, { read, fill, settle }) };
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
