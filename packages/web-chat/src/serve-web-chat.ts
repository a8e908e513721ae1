import type { IncomingMessage, ServerResponse } from "node:http";
import { readDiagramPage } from "./diagram-page.ts";
import { isFirstFile, type PageFile, type PageFiles, readPage } from "./page-files.ts";
import { checkOptions, type PageOptions, type WebChatOptions } from "./web-chat-options.ts";

/** Answers a request for the page and returns true, or ignores the request and returns false. */
export type WebChatHandler = (request: IncomingMessage, response: ServerResponse) => boolean;

// The build writes the page there. The path is the same from `src` and from `dist`.
const BUILT_PAGE = new URL("../dist/page/", import.meta.url);

/** The document that draws diagrams, in a frame of the page. */
const DIAGRAM_PAGE = "diagram.html";

const COMMON_HEADERS = {
  "content-security-policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    // The document that draws diagrams has a policy of its own.
    "frame-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    // The page makes no node from HTML. Its one policy allows the address of its own worker.
    "trusted-types highlight-worker",
  ].join("; "),
  "x-content-type-options": "nosniff",
  // No page of another origin keeps a handle on this page, or loads its files.
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  // Browsers store the files and ask with the ETag each time, so an update shows at the next load.
  "cache-control": "no-cache",
} as const;

/**
 * Creates a handler that serves the WebChat page from memory, for `node:http` and what is built on
 * it.
 *
 * It answers only GET and HEAD of the page's own paths. The files are read with the first request.
 * The page answers 503 if the package was not built.
 *
 * @throws TypeError if an option is not valid. The message names the option.
 */
export function serveWebChat(options: WebChatOptions = {}): WebChatHandler {
  return servePage(BUILT_PAGE, options);
}

/** Creates the handler of {@link serveWebChat} for a page in `directory`. */
export function servePage(directory: URL, options: WebChatOptions = {}): WebChatHandler {
  checkOptions(options);
  const { basePath: path = "/", webSocketPath, css = "", ...shown } = options;
  const basePath = withSlash(path);
  const page: PageOptions = {
    ...shown,
    webSocketPath: relativePath(basePath, webSocketPath ?? basePath),
  };
  let files: PageFiles | undefined;
  let diagramPage: PageFile | undefined;

  return (request, response) => {
    if (request.method !== "GET" && request.method !== "HEAD") return false;
    const [path = "", query] = (request.url ?? "").split(/\?(.*)/s, 2);
    if (`${path}/` === basePath) {
      redirect(response, `./${basePath.split("/").at(-2)}/${query === undefined ? "" : `?${query}`}`);
      return true;
    }
    if (!path.startsWith(basePath)) return false;
    const name = path.slice(basePath.length) || "index.html";
    if (name === DIAGRAM_PAGE) {
      diagramPage ??= readDiagramPage(directory);
      answer(request, response, diagramPage);
      return true;
    }
    files ??= readPage(directory, page, css);
    if (!files?.has(name) && !isFirstFile(name)) return false;
    answer(request, response, files?.get(name));
    return true;
  };
}

function answer(request: IncomingMessage, response: ServerResponse, file: PageFile | undefined): void {
  if (!file) {
    const words = "The WebChat page is not built. Build the package @mini-openclaw/web-chat first.\n";
    response.writeHead(503, { ...COMMON_HEADERS, "content-type": "text/plain; charset=utf-8" });
    response.end(request.method === "HEAD" ? undefined : words);
    return;
  }
  const { body, contentType, etag } = file;
  const common = { ...COMMON_HEADERS, ...file.headers, etag };
  if (hasTag(request.headers["if-none-match"], etag)) {
    response.writeHead(304, common).end();
    return;
  }
  const headers = { ...common, "content-type": contentType, "content-length": body.byteLength };
  response.writeHead(200, headers).end(request.method === "HEAD" ? undefined : body);
}

/** Compares weakly, as RFC 9110 demands, because a proxy that compresses makes each tag weak. */
function hasTag(known: string | undefined, etag: string): boolean {
  return known?.split(",").some((one) => one.trim().replace(/^W\//, "") === etag) === true;
}

// A relative location also holds behind a proxy that adds a prefix.
function redirect(response: ServerResponse, location: string): void {
  response.writeHead(308, { ...COMMON_HEADERS, location, "content-length": 0 }).end();
}

function withSlash(path: string): string {
  return path.endsWith("/") ? path : `${path}/`;
}

/**
 * Returns the address of `to` relative to `from`, which holds behind a proxy that adds a prefix to
 * both.
 */
function relativePath(from: string, to: string): string {
  const there = to.split("/").slice(1);
  const here = from.split("/").slice(1, -1);
  let shared = 0;
  while (shared < here.length && shared < there.length - 1 && here[shared] === there[shared]) shared += 1;
  const up = "../".repeat(here.length - shared);
  return `${up || "./"}${there.slice(shared).join("/")}`;
}
