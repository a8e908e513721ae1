import createDomPurify, { type Config } from "dompurify";

/** Makes nodes of HTML that nobody vouches for: they run nothing and load nothing. */
export type Sanitize = (html: string) => DocumentFragment;

/** One object: DOMPurify reads another one anew each time, which takes longer than a paragraph. */
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
  RETURN_DOM_FRAGMENT: true,
} as const satisfies Config;

/** Of a code block: which language its author says it is in. */
const languageClass = /^language-[\w+#.-]{1,30}$/;

/** One per page: DOMPurify's Trusted Types policy has one name. */
export function createSanitizer(): Sanitize {
  const sanitizer = createDomPurify(window);
  sanitizer.addHook("uponSanitizeAttribute", (node, attribute) => {
    if (attribute.attrName !== "class") return;
    attribute.keepAttr = node.localName === "code" && languageClass.test(attribute.attrValue);
  });
  sanitizer.addHook("afterSanitizeAttributes", (node) => {
    if (!node.hasAttribute("href")) return;
    node.setAttribute("target", "_blank");
    node.setAttribute("rel", "noopener noreferrer");
  });
  return (html) => sanitizer.sanitize(html, sanitizing);
}
