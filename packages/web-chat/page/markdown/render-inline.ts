import type { Token } from "markdown-it";
import { element } from "../dom/elements.ts";
import { createFormula } from "./formula.ts";
import { findAddresses } from "./syntax/addresses.ts";

/** Tags without attributes for which Markdown has no marks. Other HTML is shown as text. */
const HARMLESS_TAG = /^<(\/?)(br|sub|sup|kbd|mark|ins|u)\s*\/?>$/i;

/** Images in the text itself. A remote image would report to its server that it was read. */
const EMBEDDED_IMAGE = /^data:image\/(?:png|gif|jpeg|webp);base64,/i;

// Deeper emphasis looks the same, and browsers fail on very deep elements.
const MAX_DEPTH = 40;

type InlineTag = "a" | "strong" | "em" | "del" | "sub" | "sup" | "kbd" | "mark" | "ins" | "u";

/** The parts of the page that images in a text use. */
export interface ImageParts {
  /** Returns the address of an image that the gateway serves; `undefined` for others. */
  servedImage?: ((source: string) => string | undefined) | undefined;
  /** Returns an element that contains an image and enlarges it. */
  enlargeable?: ((image: HTMLImageElement) => HTMLElement) | undefined;
}

/**
 * Makes nodes of inline tokens. They load only what `servedImage` returns the address of, and text
 * becomes text nodes.
 */
export function renderInline(tokens: readonly Token[], parts: ImageParts): DocumentFragment {
  const writer = new InlineWriter(parts);
  for (const token of tokens) writer.write(token);
  return writer.root;
}

/** Returns an address that may be opened: `http`, `https` or `mailto`; `undefined` for others. */
function safeAddress(href: string): string | undefined {
  return /^(?:https?:\/\/|mailto:)/i.test(href) && URL.canParse(href) ? href : undefined;
}

class InlineWriter {
  readonly root = document.createDocumentFragment();
  readonly #parts: ImageParts;
  /** The open elements, innermost last. */
  readonly #open: { readonly tag: string; readonly node: Node }[] = [];

  constructor(parts: ImageParts) {
    this.#parts = parts;
  }

  write(token: Token): void {
    const { type, content } = token;
    switch (type) {
      case "text":
        return this.#writeText(content);
      case "code_inline":
        return this.#append(element("code", "", content));
      case "softbreak":
      case "hardbreak":
        return this.#append(document.createElement("br"));
      case "html_inline":
        return this.#writeHtml(content);
      case "image":
        return this.#append(createImage(token, this.#parts, this.#isInLink()));
      case "footnote_ref":
        return this.#append(createFootnoteLink(content));
      case "math_inline":
      case "math_display":
        return this.#append(createFormula(content));
      case "link_open":
        return this.#begin("a", createLink(token));
      case "strong_open":
      case "em_open":
        return this.#begin(token.tag);
      case "s_open":
        return this.#begin("del");
      case "s_close":
        return this.#end("del");
      default:
        if (token.nesting === -1) this.#end(token.tag);
        else this.#writeText(content);
    }
  }

  #append(...nodes: readonly (Node | string)[]): void {
    const parent = this.#open.at(-1)?.node ?? this.root;
    for (const node of nodes) parent.appendChild(typeof node === "string" ? new Text(node) : node);
  }

  #begin(tag: string, made?: HTMLElement): void {
    const isDeep = this.#open.length >= MAX_DEPTH;
    const node = isDeep ? (this.#open.at(-1)?.node ?? this.root) : (made ?? element(tag as InlineTag, ""));
    if (!isDeep) this.#append(node);
    this.#open.push({ tag, node });
  }

  /** Ends an element. Elements of HTML that are open inside it end as well. */
  #end(tag: string): void {
    const index = this.#open.findLastIndex((open) => open.tag === tag);
    if (index >= 0) this.#open.length = index;
  }

  #writeHtml(content: string): void {
    const [, slash, name = ""] = HARMLESS_TAG.exec(content) ?? [];
    const tag = name.toLowerCase();
    if (tag === "br") this.#append(document.createElement("br"));
    else if (slash === "" && tag !== "") this.#begin(tag);
    // An end that crosses a mark of Markdown has no element.
    else if (slash === "/" && this.#open.at(-1)?.tag === tag) this.#end(tag);
    else this.#append(content);
  }

  #isInLink(): boolean {
    return this.#open.some(({ tag }) => tag === "a");
  }

  #writeText(content: string): void {
    if (this.#isInLink()) return this.#append(content);
    let from = 0;
    for (const { start, end, href } of findAddresses(content)) {
      this.#append(content.slice(from, start), linkTo(href, content.slice(start, end)));
      from = end;
    }
    if (from < content.length) this.#append(content.slice(from));
  }
}

/** A link, or a plain element if its address may not be opened. */
function createLink(token: Token): HTMLElement {
  const href = String(token.attrGet("href") ?? "");
  const link = linkTo(href);
  const title = token.attrGet("title");
  if (title !== null) link.title = String(title);
  // A path of the workspace is not lost, although the page cannot open it.
  else if (link.localName !== "a") link.title = decoded(href);
  return link;
}

/** Returns an address as it was written; `href` if it has a broken escape. */
function decoded(href: string): string {
  try {
    return decodeURI(href);
  } catch {
    return href;
  }
}

function linkTo(href: string, ...children: readonly string[]): HTMLElement {
  const address = safeAddress(href);
  if (address === undefined) return element("span", "", ...children);
  const link = element("a", "", ...children);
  link.href = address;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  return link;
}

function createImage(token: Token, { servedImage, enlargeable }: ImageParts, isInLink: boolean): HTMLElement {
  const source = String(token.attrGet("src") ?? "");
  const label = token.content === "" ? source : token.content;
  const address = EMBEDDED_IMAGE.test(source) ? source : servedImage?.(source);
  if (address === undefined) return linkTo(source, label);
  const image = element("img", "");
  image.loading = "lazy";
  image.src = address;
  image.alt = token.content;
  // A click on an image in a link opens the link.
  const shown = isInLink ? image : (enlargeable?.(image) ?? image);
  // A file that is gone leaves its description.
  image.addEventListener("error", () => shown.replaceWith(label), { once: true });
  return shown;
}

/**
 * A number that scrolls to the footnote of the same answer. The page's address stays the session's.
 */
function createFootnoteLink(label: string): HTMLElement {
  const link = element("button", "footnote-link", label);
  link.type = "button";
  link.addEventListener("click", () => {
    const notes = [...(link.closest(".markdown")?.querySelectorAll<HTMLElement>(".footnote") ?? [])];
    notes.find(({ dataset }) => dataset["label"] === label)?.scrollIntoView({ block: "center" });
  });
  return element("sup", "", link);
}
