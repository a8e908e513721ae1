import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";
import { readAddress } from "../data-dir.ts";
import { ConfigError, type MiniOpenClawConfig } from "../settings/config.ts";
import { readProxies } from "../settings/proxies.ts";
import type { Finding } from "./finding.ts";

/** Tries the port for a moment. */
export async function checkPort({ host, port, dataDir }: MiniOpenClawConfig): Promise<Finding[]> {
  const check = "port";
  const server = createServer();
  try {
    server.listen({ port, host });
    await once(server, "listening");
    return [{ check, level: "good", message: `${host}:${port} is free` }];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const running = readAddress(dataDir);
    if (code === "EADDRINUSE" && running?.endsWith(`:${port}/`))
      return [{ check, level: "good", message: `used by the server at ${running}` }];
    return [
      {
        check,
        level: "problem",
        message: `${host}:${port} cannot be used (${code}).`,
        remedy:
          code === "EADDRINUSE"
            ? "Stop the program that uses it, or set MINI_OPENCLAW_PORT to another port."
            : "Set MINI_OPENCLAW_HOST to an address of this machine, and a port above 1023.",
      },
    ];
  } finally {
    server.close();
  }
}

/** A server that others can reach needs a token. Without a name, browsers are refused. */
export function checkReach({ host, token, allowedHosts, publicUrl }: MiniOpenClawConfig): Finding[] {
  const check = "reach";
  const names = [...allowedHosts, ...(publicUrl === undefined ? [] : [new URL(publicUrl).host])];
  const isLocal = host === "localhost" || host === "::1" || host.startsWith("127.");
  if (!isLocal && token === undefined)
    return [
      {
        check,
        level: "problem",
        message: `${host} can be reached by others, and there is no token.`,
        remedy: "Set MINI_OPENCLAW_TOKEN (try: openssl rand -hex 32), or MINI_OPENCLAW_HOST to 127.0.0.1.",
      },
    ];
  if (names.length > 0 && token === undefined)
    return [
      {
        check,
        level: "warning",
        message: `Everyone who reaches ${names.join(", ")} can use the agent.`,
        remedy: "Set MINI_OPENCLAW_TOKEN, unless the proxy asks who they are.",
      },
    ];
  if (publicUrl?.startsWith("http:"))
    return [
      {
        check,
        level: "warning",
        message: `${publicUrl} is not encrypted. Others on the way can read the token and the chats.`,
        remedy: "Put a proxy with TLS in front, and set MINI_OPENCLAW_PUBLIC_URL to its https address.",
      },
    ];
  return [{ check, level: "good", message: isLocal ? "this machine only" : "others need the token" }];
}

export function checkProxy(): Finding[] {
  try {
    readProxies(process.env);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const remedy = "Set it to the address of an HTTP proxy, or unset it.";
    return [{ check: "proxy", level: "problem", message: error.message, remedy }];
  }
}
