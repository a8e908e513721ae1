import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

// Enough to walk to another device. A link in a log is worth nothing afterwards.
const LIFETIME_MS = 600_000;
const MAX_LINKS = 100;
const PATH = "/enter";

/** Links that log a browser in once, without the token. */
export interface LoginLinks {
  /** Returns the path of a new link, relative to the address of the page. */
  create(): string;
  /**
   * Answers requests of links, and of clients with the token who want one. Returns false for any
   * other request.
   */
  answer(request: IncomingMessage, response: ServerResponse): Promise<true> | false;
}

/** The dependencies of links. */
export interface LoginLinksDeps {
  /** The address of the gateway, whose `/login` exchanges the token for a cookie. */
  address: string;
  token: string;
  now?: () => number;
}

/**
 * Creates the links of a server. A link is random, works once, and ends after ten minutes. So it
 * may be printed, unlike the token.
 */
export function createLoginLinks({ address, token, now = Date.now }: LoginLinksDeps): LoginLinks {
  const ends = new Map<string, number>();

  function create(): string {
    // The oldest links go first.
    for (const code of [...ends.keys()].slice(0, Math.max(0, ends.size + 1 - MAX_LINKS))) ends.delete(code);
    const code = randomBytes(16).toString("base64url");
    ends.set(code, now() + LIFETIME_MS);
    return `${PATH.slice(1)}/${code}`;
  }

  async function logIn(request: IncomingMessage): Promise<string | undefined> {
    const response = await fetch(new URL("login", address), {
      method: "POST",
      headers: {
        "content-type": "application/json",
        // The cookie is `Secure` if the browser speaks TLS with a proxy.
        "x-forwarded-proto": String(request.headers["x-forwarded-proto"] ?? "http"),
      },
      body: JSON.stringify({ token }),
    });
    return response.headers.get("set-cookie") ?? undefined;
  }

  async function enter(code: string, request: IncomingMessage, response: ServerResponse): Promise<true> {
    const end = ends.get(code) ?? 0;
    ends.delete(code);
    const cookie = end > now() ? await logIn(request) : undefined;
    if (cookie === undefined) {
      const text = "This link was used already, or is too old. Print another one: mini-openclaw link";
      send(response, 410, `${text}\n`, "text/plain; charset=utf-8");
    } else {
      const headers = { "set-cookie": cookie, location: "../", "referrer-policy": "no-referrer" };
      response.writeHead(303, { ...headers, "cache-control": "no-store", "content-length": 0 }).end();
    }
    return true;
  }

  async function askForLink(request: IncomingMessage, response: ServerResponse): Promise<true> {
    const { authorization = "" } = request.headers;
    const { ok } = await fetch(new URL("login", address), { headers: { authorization } });
    if (ok) send(response, 200, JSON.stringify({ path: create() }));
    else send(response, 401, '{"error":"Send the token as `Authorization: Bearer …`."}');
    return true;
  }

  return {
    create,
    answer(request, response) {
      const [path = ""] = (request.url ?? "").split("?");
      if (request.method === "POST" && path === PATH) return askForLink(request, response);
      if (request.method !== "GET" || !path.startsWith(`${PATH}/`)) return false;
      return enter(path.slice(PATH.length + 1), request, response);
    },
  };
}

function send(response: ServerResponse, status: number, body: string, type = "application/json"): void {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}
