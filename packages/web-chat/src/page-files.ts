import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import type { PageOptions } from "./web-chat-options.ts";

/** A file of the page, ready to be sent. */
export interface PageFile {
  body: Buffer;
  contentType: string;
  /** A strong entity tag, which changes with every byte. */
  etag: string;
  /** Headers that replace the page's own. */
  headers?: Readonly<Record<string, string>>;
}

/** The files of the page by name. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const CONTENT_TYPES = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
} as const;

/** The app's style sheet. */
const OWN_STYLE = "own.css";

/** The files that every page loads. The others are loaded by its scripts when they are needed. */
const FIRST_FILES: ReadonlySet<string> = new Set(["index.html", "first-paint.js", "page.js", "page.css"]);

/** Returns true if every built page has a file of this name. */
export function isFirstFile(name: string): boolean {
  return FIRST_FILES.has(name);
}

/**
 * Reads the page's files, and adds the app's options and style sheet to them.
 *
 * Returns `undefined` if a file is missing, because the page is not built.
 */
export function readPage(directory: URL, options: PageOptions, css: string): PageFiles | undefined {
  const files = new Map<string, PageFile>();
  const isStyled = css !== "";
  if (isStyled) files.set(OWN_STYLE, toFile(css, CONTENT_TYPES.css));
  try {
    for (const name of readdirSync(directory)) {
      const extension = name.split(".").at(-1) ?? "";
      if (!isKnown(extension)) continue;
      const text = readFileSync(new URL(name, directory), "utf8");
      const shown = name === "index.html" ? withOptions(text, options, isStyled) : text;
      files.set(name, toFile(shown, CONTENT_TYPES[extension]));
    }
  } catch {
    // Answered with 503. A page that cannot be read must not end the process that serves it.
    return undefined;
  }
  return [...FIRST_FILES].every((name) => files.has(name)) ? files : undefined;
}

/** Returns a document, ready to be sent. */
export function toHtmlFile(html: string): PageFile {
  return toFile(html, CONTENT_TYPES.html);
}

function isKnown(extension: string): extension is keyof typeof CONTENT_TYPES {
  return Object.hasOwn(CONTENT_TYPES, extension);
}

function toFile(text: string, contentType: string): PageFile {
  const body = Buffer.from(text);
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  return { body, contentType, etag };
}

function withOptions(html: string, options: PageOptions, isStyled: boolean): string {
  const { title } = options;
  const styled = isStyled
    ? html.replace("</head>", () => `  <link rel="stylesheet" href="${OWN_STYLE}">\n  </head>`)
    : html;
  const titled =
    title === undefined
      ? styled
      : styled.replace(/<title>.*<\/title>/, () => `<title>${escape(title)}</title>`);
  return titled.replace("<body", () => `<body data-options="${escape(JSON.stringify(options))}"`);
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
