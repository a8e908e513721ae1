import process from "node:process";
import { readProxies } from "../settings/proxies.ts";

/** The part of `fetch` that a provider needs. */
type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Returns a `fetch` that uses the proxies of the environment, or `undefined` if none is set. Node
 * reads them itself only from version 24 on, and only with `NODE_USE_ENV_PROXY=1`.
 *
 * @throws ConfigError for an address that cannot be used
 */
export async function createProxyFetch(env: NodeJS.ProcessEnv = process.env): Promise<Fetch | undefined> {
  const proxies = readProxies(env);
  if (!proxies.httpProxy && !proxies.httpsProxy) return undefined;
  // Loaded here, so that a server without a proxy starts without it.
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  const dispatcher = new EnvHttpProxyAgent(proxies);
  const proxied: unknown = (url: string | URL, init: object = {}) => fetch(url, { ...init, dispatcher });
  return proxied as Fetch;
}
