import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A file of the page, ready to be sent. */
export interface PageFile {
  body: Buffer;
  contentType: string;
  /** Strong: changes with every byte. */
  etag: string;
}

const contentTypes = {
  "index.html": "text/html; charset=utf-8",
  "first-paint.js": "text/javascript; charset=utf-8",
  "page.js": "text/javascript; charset=utf-8",
  "page.css": "text/css; charset=utf-8",
} as const;

/** The files of the page by name. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Whether the page has a file of this name. */
export function isPageFile(name: string): boolean {
  return Object.hasOwn(contentTypes, name);
}

/**
 * Reads the page's files, and writes `values` into `data-` attributes of its `body`.
 *
 * `undefined` if one cannot be read: the page is not built.
 */
export function readPage(directory: URL, values: Readonly<Record<string, string>>): PageFiles | undefined {
  const files = new Map<string, PageFile>();
  for (const [name, contentType] of Object.entries(contentTypes)) {
    const text = readText(new URL(name, directory));
    if (text === undefined) return undefined;
    const body = Buffer.from(name === "index.html" ? withAttributes(text, values) : text);
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
    files.set(name, { body, contentType, etag });
  }
  return files;
}

function readText(file: URL): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    // Answered with 503: a page that cannot be read must not end the process whose requests it serves.
    return undefined;
  }
}

function withAttributes(html: string, values: Readonly<Record<string, string>>): string {
  const attributes = Object.entries(values).map(
    ([name, value]) => ` data-${name}="${escapeAttribute(value)}"`,
  );
  return html.replace("<body", () => `<body${attributes.join("")}`);
}

function escapeAttribute(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}
