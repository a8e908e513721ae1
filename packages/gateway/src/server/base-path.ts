import type { IncomingMessage, RequestListener } from "node:http";

/**
 * Returns a listener for requests whose paths may begin with `base`, as behind a proxy that keeps
 * its prefix. `listener` gets every path without it.
 *
 * A GET of the base path without a slash is redirected, because the addresses on a page are
 * relative to its own.
 */
export function withoutBasePath(base: string, listener: RequestListener): RequestListener {
  if (base === "/") return listener;
  return (request, response) => {
    const isBare = pathIs(request, base) && (request.method === "GET" || request.method === "HEAD");
    removeBasePath(request, base);
    if (!isBare) return listener(request, response);
    // A relative location also holds behind a proxy that adds a prefix of its own.
    const location = `./${base.split("/").at(-1)}${splitTarget(request).path}`;
    response.writeHead(308, { Location: location, "Content-Length": 0 }).end();
  };
}

/** Removes the base path from the beginning of a request's path. */
export function removeBasePath(request: IncomingMessage, base: string): void {
  const { origin, path } = splitTarget(request);
  if (pathIs(request, base)) request.url = `${origin}/${path.slice(base.length)}`;
  else if (base !== "/" && path.startsWith(`${base}/`)) request.url = `${origin}${path.slice(base.length)}`;
}

function pathIs(request: IncomingMessage, base: string): boolean {
  const { path } = splitTarget(request);
  return base !== "/" && (path === base || path.startsWith(`${base}?`));
}

/** Returns a request's path with its query, and what is before it in the absolute form. */
function splitTarget({ url = "" }: IncomingMessage): { origin: string; path: string } {
  const [origin] = /^(?:https?:\/\/[^/?#]*)?/i.exec(url) ?? [""];
  return { origin, path: url.slice(origin.length) };
}
