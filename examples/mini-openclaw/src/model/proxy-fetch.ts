import process from "node:process";

/** The part of `fetch` that a provider needs. */
type Fetch = (url: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * Returns a `fetch` that uses the proxy of the environment, or `undefined` if no proxy is set.
 *
 * Reads `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, in upper and lower case. Node reads them itself
 * only from version 24 on, and only with `NODE_USE_ENV_PROXY=1`.
 */
export async function createProxyFetch(env: NodeJS.ProcessEnv = process.env): Promise<Fetch | undefined> {
  const httpProxy = env["http_proxy"] || env["HTTP_PROXY"];
  const httpsProxy = env["https_proxy"] || env["HTTPS_PROXY"];
  const noProxy = env["no_proxy"] || env["NO_PROXY"];
  if (!httpProxy && !httpsProxy) return undefined;
  // Loaded here, so that a server without a proxy starts without it.
  const { EnvHttpProxyAgent, fetch } = await import("undici");
  const dispatcher = new EnvHttpProxyAgent({
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
    ...(noProxy && { noProxy }),
  });
  const proxied: unknown = (url: string | URL, init: object = {}) => fetch(url, { ...init, dispatcher });
  return proxied as Fetch;
}
