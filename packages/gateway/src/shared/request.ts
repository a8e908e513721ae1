import type { IncomingMessage } from "node:http";

/** The parts of a request that name its target. A request of `node:http2` has them too. */
export type RequestTarget = Pick<IncomingMessage, "url" | "headers" | "rawHeaders">;

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

/** Returns the path of a request, without its query, and without a slash at its end. */
export function pathOf(request: RequestTarget): string {
  const { path } = splitUrl(request);
  return path.endsWith("/") && path.length > 1 && path.at(-2) !== "/" ? path.slice(0, -1) : path;
}

/** Returns the query of a request, without its question mark. */
export function queryOf(request: RequestTarget): string {
  return splitUrl(request).query;
}

/**
 * Returns the hosts that a request names, each once, in lower case. More than one is an error of
 * its sender.
 *
 * An absolute form of the request's target counts, and `Host` does not (RFC 9112, 3.2.2). HTTP/2
 * has `:authority`.
 */
export function hostsOf(request: RequestTarget): readonly string[] {
  const named = headerValues(request, "host");
  // RFC 9112, 3.2: a request with several is refused, also where they are equal.
  if (named.length > 1) return named;
  const [, absolute] = ABSOLUTE.exec(request.url ?? "") ?? [];
  if (absolute !== undefined) return [absolute.toLowerCase()];
  const hosts = [...headerValues(request, ":authority"), ...named].map((host) => host.toLowerCase());
  return [...new Set(hosts)];
}

/** Returns the values of a header, one for each time that it was sent. */
export function headerValues({ rawHeaders }: Pick<RequestTarget, "rawHeaders">, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) values.push(rawHeaders[index + 1] ?? "");
  }
  return values;
}

/** Returns true for a request that asks for a WebSocket, maybe beside other protocols. */
export function offersWebSocket({ headers }: Pick<RequestTarget, "headers">): boolean {
  return tokensOf(headers.upgrade).includes("websocket");
}

/** Returns the elements of a header that is a list, in lower case. */
export function tokensOf(value: string | undefined): string[] {
  return (value ?? "").split(",").map((token) => token.trim().toLowerCase());
}

function splitUrl({ url = "" }: RequestTarget): { path: string; query: string } {
  const target = url.startsWith("/") ? url : (ABSOLUTE.exec(url)?.[2] ?? url);
  const start = target.indexOf("?");
  if (start < 0) return { path: target || "/", query: "" };
  return { path: target.slice(0, start) || "/", query: target.slice(start + 1) };
}
