import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A JSON-RPC message of a client. */
export interface ClientMessage {
  id?: number;
  method: string;
  params: { name?: string; protocolVersion?: string };
}

export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Absent for GET and DELETE. */
  message: ClientMessage | undefined;
  /** Answers with the result of the message. */
  reply: (result: object, headers?: Record<string, string>) => void;
}

/**
 * Starts an MCP server over HTTP in plain JSON-RPC with the tool `echo`, which returns the id of
 * its session. `answer` may answer first, and returns true if it did. By the specification,
 * https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#streamable-http
 */
export async function startHttpServer(answer: (exchange: Exchange) => boolean = () => false) {
  const sessions = new Set<string>();
  let count = 0;
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    for await (const piece of request) body += String(piece);
    const message = body === "" ? undefined : (JSON.parse(body) as ClientMessage);
    const reply: Exchange["reply"] = (result, headers = {}) => {
      response.writeHead(200, { "Content-Type": "application/json", ...headers });
      response.end(JSON.stringify({ jsonrpc: "2.0", id: message?.id, result }));
    };
    if (answer({ request, response, message, reply })) return;
    const session = String(request.headers["mcp-session-id"]);
    if (message?.method === "initialize") {
      count += 1;
      sessions.add(`s${count}`);
      const { protocolVersion } = message.params;
      const info = { capabilities: { tools: {} }, serverInfo: { name: "http", version: "1" } };
      return reply({ protocolVersion, ...info }, { "Mcp-Session-Id": `s${count}` });
    }
    if (!sessions.has(session)) return void response.writeHead(404).end("Session not found");
    if (request.method === "DELETE") sessions.delete(session);
    if (request.method === "GET") return void response.writeHead(405).end();
    if (message?.id === undefined) return void response.writeHead(202).end();
    if (message.method === "tools/list")
      return reply({ tools: [{ name: "echo", inputSchema: { type: "object" } }] });
    reply({ content: [{ type: "text", text: session }] });
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
  return { sessions, config: { url, headers: { Authorization: "Bearer token" }, trust: true } };
}
