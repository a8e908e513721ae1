import type { ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { McpServer } from "../../src/mcp/server.ts";
import { connectMcpServers } from "../../src/mcp.ts";
import { callTool } from "../tools/call-tool.ts";
import { type Exchange, startHttpServer } from "./http-server.ts";

/** Connects to a server that answers in its own way first. */
async function connected(answer?: (exchange: Exchange) => boolean, callTimeoutMs = 5000) {
  const { config, sessions } = await startHttpServer(answer);
  const servers = await connectMcpServers(
    { http: config },
    { workspaceDir: ".", connectTimeoutMs: 5000, callTimeoutMs },
  );
  return {
    sessions,
    status: () => servers.status()[0],
    call: () =>
      callTool(
        servers.tools().find(({ name }) => name === "http__echo"),
        {},
      ),
    [Symbol.asyncDispose]: async () => servers.close?.(),
  };
}

const json = { "Content-Type": "application/json" };
const eventStream = { "Content-Type": "text/event-stream" };
const resultOf = (id: number | undefined) =>
  JSON.stringify({ jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "done" }] } });

/** Answers calls in this way, and leaves all else to the server. */
const answersCalls =
  (answer: (response: ServerResponse, id: number | undefined) => unknown) =>
  ({ message, response }: Exchange) => {
    if (message?.method !== "tools/call") return false;
    answer(response, message.id);
    return true;
  };

describe("a server over HTTP", () => {
  test("whose session expired is opened again for the next call, and stays connected", async () => {
    await using here = await connected();
    expect((await here.call()).output).toBe("s1");
    here.sessions.clear();
    const lost = await here.call();
    expect(lost).toEqual({ output: expect.stringContaining("it may have run") as string, isError: true });
    expect((await here.call()).output).toBe("s2");
    expect(here.status()?.state).toBe("connected");
  });

  test("ends its session at the close", async () => {
    const here = await connected();
    await here.call();
    expect([...here.sessions]).toEqual(["s1"]);
    await here[Symbol.asyncDispose]();
    expect([...here.sessions]).toEqual([]);
  });

  test.each([401, 403])("that refuses access with %i names the remedy", async (status) => {
    await using here = await connected(({ response }) => {
      response.writeHead(status, { "WWW-Authenticate": "Bearer" }).end("no");
      return true;
    });
    expect(here.status()).toMatchObject({
      state: "failed",
      error: `The server refused access (HTTP ${status}). Set \`headers.Authorization\` of the server in .mcp.json. It answered: Error POSTing to endpoint: no`,
    });
  });

  test("that refuses a call names the remedy", async () => {
    await using here = await connected(answersCalls((response) => response.writeHead(401).end("expired")));
    expect((await here.call()).output).toContain("Set `headers.Authorization` of the server in .mcp.json.");
  });

  test.each<[string, (response: ServerResponse, id: number | undefined) => void]>([
    [
      "answers with a long page of an error",
      (response) => response.writeHead(500).end("<p>Sorry.</p>".repeat(10_000)),
    ],
    [
      "answers what is no JSON",
      (response) => response.writeHead(200, { "Content-Type": "application/json" }).end("{"),
    ],
    ["answers with a page", (response) => response.writeHead(200, { "Content-Type": "text/html" }).end("")],
    ["closes the socket", (response) => response.destroy()],
  ])("that %s gives a short error result", async (_, answer) => {
    await using here = await connected(answersCalls(answer));
    const { output, isError } = await here.call();
    expect(isError).toBe(true);
    expect(output).toMatch(/^The tool failed: /);
    expect(output.length).toBeLessThan(1000);
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ["accepts the request only", (response) => response.writeHead(202).end()],
    ["ends a stream of events", (response) => response.writeHead(200, eventStream).end(": hello\n\n")],
    ["ends a stream without a byte", (response) => response.writeHead(200, eventStream).end()],
    ["sends an event that is no JSON", (response) => response.writeHead(200, eventStream).end("data: {\n\n")],
    [
      "breaks a stream off",
      (response) => void response.writeHead(200, eventStream).write(": hello\n\n", () => response.destroy()),
    ],
    ["answers another request", (response) => response.writeHead(200, json).end(resultOf(1234))],
    ["answers with an empty list", (response) => response.writeHead(200, json).end("[]")],
    [
      "breaks a stream off and has no more of it",
      (response) => response.writeHead(200, eventStream).end("id: one\nretry: 1\ndata: \n\n"),
    ],
  ])("that %s without a result ends the call at once", async (_, answer) => {
    await using here = await connected(answersCalls(answer), 2 ** 30);
    expect(await here.call()).toEqual({
      output:
        "The tool failed: The server ended its answer to `tools/call` without a result; it may have run.",
      isError: true,
    });
    expect(here.status()?.state).toBe("connected");
  });

  test.each([202, 200])("that answers %i without a result to the first request is failed", async (status) => {
    const { config } = await startHttpServer(({ response }) => {
      response.writeHead(status, eventStream).end();
      return true;
    });
    const limits = { connectTimeoutMs: 2 ** 30, callTimeoutMs: 5000 };
    const servers = await connectMcpServers({ http: config }, { workspaceDir: ".", ...limits });
    expect(servers.status()[0]).toMatchObject({
      state: "failed",
      error: "The server ended its answer to `initialize` without a result; it may have run.",
    });
    await servers.close?.();
  });

  test.each(["text/event-stream", "Text/Event-Stream ; charset=utf-8"])(
    "that sends its result in a stream of the type %s is waited for",
    async (type) => {
      await using here = await connected(
        answersCalls((response, id) => {
          response.writeHead(200, { "Content-Type": type }).write(": wait\n\n", () => {
            response.end(`data: ${resultOf(id)}\n\n`);
          });
        }),
      );
      expect(await here.call()).toEqual({ output: "done", isError: false });
    },
  );

  test.each([
    ["an answer", 200, "application/json", '{"jsonrpc":"2.0","result":"'],
    ["an event", 200, "text/event-stream", "data: "],
    ["an error", 500, "text/plain", "It failed: "],
  ])("that sends %s without end is stopped", async (_, status, type, start) => {
    let isStopped = false;
    await using here = await connected(
      answersCalls((response) => {
        response.writeHead(status, { "Content-Type": type }).write(start);
        const piece = Buffer.alloc(1_048_576, "x");
        const more = () => void (isStopped || response.write(piece, more));
        response.on("close", () => {
          isStopped = true;
        });
        more();
      }),
    );
    expect((await here.call()).isError).toBe(true);
    await expect.poll(() => isStopped).toBe(true);
  });

  test("that sends many events passes more than the limit of one", async () => {
    const event = (data: object) => `data: ${JSON.stringify({ jsonrpc: "2.0", ...data })}\n\n`;
    const params = { level: "info", data: "x".repeat(1_000_000) };
    const log = event({ method: "notifications/message", params });
    await using here = await connected(
      answersCalls((response, id) => {
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        for (let count = 0; count < 15; count += 1) response.write(log);
        response.end(event({ id, result: { content: [{ type: "text", text: "done" }] } }));
      }),
    );
    expect(await here.call()).toEqual({ output: "done", isError: false });
  });

  test.each(["\n", "\r\n", "\r"])(
    "that ends events with %j in a write of its own does so too",
    async (end) => {
      const log = JSON.stringify({
        jsonrpc: "2.0",
        method: "notifications/x",
        params: "x".repeat(1_000_000),
      });
      await using here = await connected(
        answersCalls(async (response, id) => {
          response.writeHead(200, { "Content-Type": "text/event-stream" });
          const write = (text: string) =>
            new Promise<void>((resolve) => response.write(text, () => setImmediate(resolve)));
          for (let count = 0; count < 15; count += 1) {
            await write(`data: ${log}${end}`);
            await write(end);
          }
          response.end(`data: ${resultOf(id)}\n\n`);
        }),
      );
      expect(await here.call()).toEqual({ output: "done", isError: false });
    },
  );

  test("whose list has no end has the time to connect in all", async () => {
    let pages = 0;
    const { config } = await startHttpServer(({ message, reply }) => {
      if (message?.method !== "tools/list") return false;
      pages += 1;
      setTimeout(() => reply({ tools: [], nextCursor: `${pages}` }), 40);
      return true;
    });
    const servers = await connectMcpServers({ http: config }, { workspaceDir: ".", connectTimeoutMs: 200 });
    expect(servers.status()[0]?.error).toBe("The server did not answer within 200 ms.");
    expect(pages).toBeLessThan(10);
    await servers.close?.();
  });

  test("is left at once by the close, although it does not answer", async () => {
    const { config } = await startHttpServer(({ message }) => message?.method === "tools/list");
    const server = new McpServer({
      ...{ name: "http", config, workspaceDir: "." },
      ...{ connectTimeoutMs: Infinity, callTimeoutMs: Infinity },
    });
    const started = server.start();
    await server.close();
    await started;
    expect(server.status.state).toBe("closed");
  });

  test.each([
    ["quotes its key", { Authorization: "Bearer key-1234567890" }, "", "no [hidden]"],
    ["quotes its query", {}, "?api_key=key-1234567890", "no [hidden]"],
    ["colours its words", {}, "", "red and\nplain"],
  ])("that %s has a clean reason", async (_, headers, query, reason) => {
    const { config } = await startHttpServer(({ request, response }) => {
      const key = request.headers.authorization ?? /key-\d+/.exec(request.url ?? "")?.[0];
      const text = key ? `no ${key}` : "\u001b[31mred\u001b[0m and\nplain";
      response.writeHead(500).end(text.replace("Bearer ", ""));
      return true;
    });
    const given = { ...config, url: `${config.url}${query}`, headers };
    const servers = await connectMcpServers({ http: given }, { workspaceDir: "." });
    expect(servers.status()[0]?.error).toBe(`Error POSTing to endpoint: ${reason}`);
    await servers.close?.();
  });

  test("that cannot be reached has the reason", async () => {
    const { config } = await startHttpServer(({ response }) => {
      response.destroy();
      return true;
    });
    const servers = await connectMcpServers({ http: config }, { workspaceDir: "." });
    expect(servers.status()[0]?.error).toBe("fetch failed: other side closed");
    await servers.close?.();
  });

  test("that breaks a stream of events off is asked for the rest", async () => {
    const result = { content: [{ type: "text", text: "the rest" }] };
    let id: number | undefined;
    await using here = await connected(({ request, response, message }) => {
      if (message?.method === "tools/call") {
        id = message.id;
        response.writeHead(200, { "Content-Type": "text/event-stream" });
        response.end("id: one\nretry: 10\ndata: \n\n");
        return true;
      }
      if (request.headers["last-event-id"] !== "one") return false;
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end(`id: two\ndata: ${JSON.stringify({ jsonrpc: "2.0", id, result })}\n\n`);
      return true;
    });
    expect(await here.call()).toEqual({ output: "the rest", isError: false });
  });
});
