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

/** Markdown by marked, cleaned by DOMPurify. One per page: DOMPurify's Trusted Types policy has one name. */
export function createMarkdownReader(): MarkdownReader {
  const marked = new Marked({
    gfm: true,
    // People and models alike mean a line break by a line break.
    breaks: true,
    renderer: {
      // A remote image would tell its server what was read here, so it stays a link.
      image: ({ href, text }) => `<a href="${escapeHtml(href)}">${escapeHtml(text || href)}</a>`,
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
  let shown: readonly Token[] = [];

  return {
    update(text, complete) {
      const source = text.replaceAll("\r\n", "\n").replaceAll("\r", "\n");
      // Only the last block can still change while text is appended, so what stands before it is kept. A complete
      // text is read as a whole: a link may be defined below its use.
      const last = shown.findLastIndex(({ type }) => type !== "space");
      const kept = complete ? [] : shown.slice(0, Math.max(0, last));
      const tokens = read(source.slice(kept.reduce((length, { raw }) => length + raw.length, 0)));
      const definesLinks = Object.keys(tokens.links).length > 0;
      const next = [...kept, ...tokens];
      for (let index = kept.length; index < next.length; index += 1) {
        const token = next[index];
        const block = root.children[index] ?? root.appendChild(document.createElement("div"));
        if (token && (definesLinks || shown[index]?.raw !== token.raw)) fill(block, token, tokens.links);
      }
      while (root.children.length > next.length) root.lastElementChild?.remove();
      shown = next;
    },
  };
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
