import createSanitizer, { type Config } from "dompurify";
import { Marked, type Token, type TokensList } from "marked";

/** Shows Markdown in an element. */
export interface MarkdownView {
  /** Shows `text`; while it is not `complete`, only what comes after the last finished block is read again. */
  update(text: string, complete: boolean): void;
}

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
  ALLOWED_ATTR: ["href", "title", "align", "start"],
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ADD_URI_SAFE_ATTR: ["align", "start"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
} satisfies Config;

/** What Markdown has no signs for, without attributes. */
const harmlessTag = /^<\/?(?:br|sub|sup|kbd|mark|ins|u)\s*\/?>$/i;

/** Markdown by marked, cleaned by DOMPurify. One per page: DOMPurify's Trusted Types policy has one name. */
export function createMarkdownReader(): MarkdownReader {
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
  sanitizer.addHook("afterSanitizeAttributes", (node) => {
    if (!node.hasAttribute("href")) return;
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  });

  function fill(block: Element, token: Token, links: TokensList["links"]): void {
    const html = marked.parser(Object.assign([token], { links }));
    block.replaceChildren(sanitizer.sanitize(html, { ...sanitizing, RETURN_DOM_FRAGMENT: true }));
  }

  return { attach: (root) => attachMarkdown(root, (text) => marked.lexer(text), fill) };
}

function attachMarkdown(
  root: HTMLElement,
  read: (text: string) => TokensList,
  fill: (block: Element, token: Token, links: TokensList["links"]) => void,
): MarkdownView {
  /** What each child of `root` shows. */
  let shown: readonly Block[] = [];

  return {
    update(text, complete) {
      const source = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
      // Only the last block can still change while text is appended, so what stands before it is kept. A complete
      // text is read as a whole: a link may be defined below its use.
      const kept = complete ? [] : shown.slice(0, -1);
      const tokens = read(source.slice(kept.reduce((sum, { length }) => sum + length, 0)));
      const definesLinks = Object.keys(tokens.links).length > 0;
      const next = [...kept, ...blocksOf(tokens)];
      for (const [index, { token }] of next.entries()) {
        if (index < kept.length) continue;
        const block = root.children[index] ?? root.appendChild(document.createElement("div"));
        if (definesLinks || shown[index]?.token.raw !== token.raw) fill(block, token, tokens.links);
      }
      while (root.children.length > next.length) root.lastElementChild?.remove();
      shown = next;
    },
  };
}

/** A paragraph, a list, a table, …: what is shown in one go. */
interface Block {
  readonly token: Token;
  /** Of its text and the empty lines after it, in UTF-16 units. */
  readonly length: number;
}

function blocksOf(tokens: readonly Token[]): Block[] {
  const blocks: Block[] = [];
  for (const token of tokens) {
    const { length } = token.raw;
    const last = blocks.at(-1);
    if (token.type === "space" && last) blocks.splice(-1, 1, { ...last, length: last.length + length });
    else blocks.push({ token, length });
  }
  return blocks;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
