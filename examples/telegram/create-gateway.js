import { randomBytes } from "node:crypto";
import { GatewayServer } from "@mini-openclaw/gateway";

/**
 * Starts a gateway for the channel alone. A client with the token is the channel, and names the
 * chat. Each chat is a principal with sessions of its own.
 *
 * @param {Pick<import("@mini-openclaw/gateway").GatewayOptions, "store" | "agent">} parts
 */
export async function startGateway(parts) {
  const gateway = new GatewayServer({
    ...parts,
    authenticate: ({ headers: { "x-telegram-chat": chat } }) =>
      typeof chat === "string" ? { id: `telegram:${chat}` } : null,
    sessionKey: (chat) => chat?.id ?? "telegram",
  });
  const token = randomBytes(32).toString("hex");
  const { port } = await gateway.listen({ port: 0, token });
  return { gateway, url: `ws://127.0.0.1:${port}/`, token };
}
