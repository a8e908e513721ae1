import { ConfigError, type ConfigProblem } from "./config.ts";

/** The proxies to the model's server, as `http://` or `https://` addresses. */
export interface Proxies {
  httpProxy?: string;
  httpsProxy?: string;
  /** The hosts that are reached without a proxy. */
  noProxy?: string;
}

/**
 * Reads the proxies from the variables that curl knows, in lower and upper case. `ALL_PROXY` is the
 * proxy where no other one is set. As in curl, an address without a scheme is one of HTTP.
 *
 * @throws ConfigError for an address that cannot be used
 */
export function readProxies(env: NodeJS.ProcessEnv): Proxies {
  const problems: ConfigProblem[] = [];
  const read = (...names: string[]) => {
    const name = names.flatMap((one) => [one.toLowerCase(), one]).find((one) => env[one]);
    if (name === undefined) return undefined;
    const address = toAddress(env[name] ?? "");
    if (address === undefined) problems.push({ name, message: wrongProxy });
    return address;
  };
  const httpProxy = read("HTTP_PROXY", "ALL_PROXY");
  const httpsProxy = read("HTTPS_PROXY", "ALL_PROXY");
  if (problems.length > 0) throw new ConfigError(problems.slice(0, 1));
  const noProxy = env["no_proxy"] || env["NO_PROXY"];
  return { ...(httpProxy && { httpProxy }), ...(httpsProxy && { httpsProxy }), ...(noProxy && { noProxy }) };
}

// Not the value: it may hold a password.
const wrongProxy =
  "must be an http:// or https:// address, such as http://proxy.example.com:8080. SOCKS is not supported.";

function toAddress(value: string): string | undefined {
  const text = value.includes("://") ? value : `http://${value}`;
  const isHttp = /^https?:\/\/[^/]/i.test(text) && URL.canParse(text);
  return isHttp ? text : undefined;
}
