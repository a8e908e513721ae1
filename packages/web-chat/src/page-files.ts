import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

/** A file of the page, ready to be sent. */
export interface PageFile {
  body: Buffer;
  contentType: string;
  /** A strong entity tag, which changes with every byte. */
  etag: string;
}

/** The files of the page by name. */
export type PageFiles = ReadonlyMap<string, PageFile>;

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
};

/** The files that every page loads. The others are loaded by its scripts when they are needed. */
const FIRST_FILES: ReadonlySet<string> = new Set(["index.html", "first-paint.js", "page.js", "page.css"]);

/** Returns true if every built page has a file of this name. */
export function isFirstFile(name: string): boolean {
  return FIRST_FILES.has(name);
}

/**
 * Reads the page's files, and writes `values` into `data-` attributes of its `body`.
 *
 * Returns `undefined` if a file is missing, because the page is not built.
 */
export function readPage(directory: URL, values: Readonly<Record<string, string>>): PageFiles | undefined {
  const files = new Map<string, PageFile>();
  try {
    for (const name of readdirSync(directory)) {
      const contentType = CONTENT_TYPES[name.split(".").at(-1) ?? ""];
      if (contentType === undefined) continue;
      const text = readFileSync(new URL(name, directory), "utf8");
      const body = Buffer.from(name === "index.html" ? withAttributes(text, values) : text);
      const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
      files.set(name, { body, contentType, etag });
    }
  } catch {
    // Answered with 503. A page that cannot be read must not end the process that serves it.
    return undefined;
  }
  return [...FIRST_FILES].every((name) => files.has(name)) ? files : undefined;
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
