import type { IncomingMessage, ServerResponse } from "node:http";
import { isFirstFile, type PageFile, type PageFiles, readPage } from "./page-files.ts";

/** Where the page stands and what it shows. */
export interface WebChatOptions {
  /**
   * Path under which the page is served. A missing slash at its end is added.
   * @default "/"
   */
  basePath?: string;
  /**
   * Path at which the gateway accepts WebSocket connections, on the same host.
   * @default the base path
   */
  webSocketPath?: string;
  /**
   * Says on the page that a scripted demo model is answering because no API key is set.
   * @default false
   */
  demo?: boolean;
}

/** Answers a request for the page and returns true, or leaves it alone and returns false. */
export type WebChatHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

// The build puts the page there; the path is the same from `src` and from `dist`.
const builtPage = new URL("../dist/page/", import.meta.url);

const commonHeaders = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    // The page makes no node from HTML. Its one policy allows the address of its own worker.
    "trusted-types highlight-worker",
  ].join("; "),
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // Kept by browsers, asked for again with its ETag each time: an update shows at the next load.
  "cache-control": "no-cache",
} as const;

/**
 * A handler that serves the WebChat page from memory: for `node:http`, and for whatever is built on it.
 *
 * Only GET and HEAD of the page's own paths are answered. The files are read at the first request. If the package
 * was not built, the page answers 503 and says so.
 *
 * @throws TypeError if a path does not begin with exactly one slash or is not a plain path.
 */
export function serveWebChat(options: WebChatOptions = {}): WebChatHandler {
  return servePage(builtPage, options);
}

/** {@link serveWebChat} for a page that lies in `directory`. */
export function servePage(directory: URL, options: WebChatOptions = {}): WebChatHandler {
  const basePath = withSlash(checkPath("basePath", options.basePath ?? "/"));
  const webSocketPath = checkPath("webSocketPath", options.webSocketPath ?? basePath);
  const values = {
    demo: String(options.demo ?? false),
    "web-socket-path": relativePath(basePath, webSocketPath),
  };
  let files: PageFiles | undefined;

  return (request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    const [path = "", query] = (request.url ?? "").split(/\?(.*)/s, 2);
    if (`${path}/` === basePath) {
      redirect(response, `./${basePath.split("/").at(-2)}/${query === undefined ? "" : `?${query}`}`);
      return true;
    }
    if (!path.startsWith(basePath)) return false;
    const name = path.slice(basePath.length) || "index.html";
    files ??= readPage(directory, values);
    if (!files?.has(name) && !isFirstFile(name)) return false;
    answer(request, response, files?.get(name));
    return true;
  };
}

function answer(request: IncomingMessage, response: ServerResponse, file: PageFile | undefined): void {
  if (!file) {
    const words = "The WebChat page is not built. Build the package @mini-openclaw/web-chat first.\n";
    response.writeHead(503, { ...commonHeaders, "content-type": "text/plain; charset=utf-8" });
    response.end(request.method === "HEAD" ? undefined : words);
    return;
  }
  const { body, contentType, etag } = file;
  if (request.headers["if-none-match"] === etag) {
    response.writeHead(304, { ...commonHeaders, etag }).end();
    return;
  }
  const headers = { ...commonHeaders, "content-type": contentType, "content-length": body.byteLength, etag };
  response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : body);
}

// Relative, so that it also holds behind a proxy that adds a prefix.
function redirect(response: ServerResponse, location: string): void {
  response.writeHead(308, { ...commonHeaders, location, "content-length": 0 }).end();
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

/** What may stand in a path by RFC 3986, without `//` (another host), dot segments, a query, or a fragment. */
const plainPath = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~!$&'()*+,;=:@%-]+)*\/?$/;

function checkPath(name: string, path: string): string {
  if (path !== "" && plainPath.test(path)) return path;
  throw new TypeError(
    `${name}: expected a path such as "/" or "/chat", without query, "//" or "..", got ${JSON.stringify(path)}`,
  );
}

/** How to write `to` on a page at `from`, so that a prefix which a proxy adds to both does not matter. */
function relativePath(from: string, to: string): string {
  const there = to.split("/").slice(1);
  const here = from.split("/").slice(1, -1);
  let shared = 0;
  while (shared < here.length && shared < there.length - 1 && here[shared] === there[shared]) shared += 1;
  const up = "../".repeat(here.length - shared);
  return `${up || "./"}${there.slice(shared).join("/")}`;
}
