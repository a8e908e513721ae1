import { once } from "node:events";
import { createServer, request as httpRequest, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, onTestFinished, test } from "vitest";
import { GatewayServer } from "../src/index.ts";
import { echoAgent, heldAgent, testGateway } from "./test-gateway.ts";

const json = { "content-type": "application/json" };
const longId = "x".repeat(129);

interface BadRequest {
  path: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Each to a gateway in which the session `current` has no run; `S` stands for its id. */
const refused: [what: string, request: BadRequest, status: number, code: string, message: string | RegExp][] =
  [
    ["no body", { path: "S/messages", method: "POST" }, 400, "INVALID_FRAME", "`content` is missing."],
    ["a body that is not JSON", post("S/messages", "{"), 400, "INVALID_FRAME", /is not JSON/],
    ["an array", post("S/messages", "[]"), 400, "INVALID_FRAME", "The body must be a JSON object"],
    ["null", post("S/messages", "null"), 400, "INVALID_FRAME", "The body must be a JSON object"],
    ["no content", post("S/messages", "{}"), 400, "INVALID_FRAME", "`content` is missing."],
    [
      "empty content",
      post("S/messages", '{"content":""}'),
      400,
      "INVALID_FRAME",
      "`content` must not be empty.",
    ],
    [
      "content of a wrong type",
      post("S/messages", '{"content":7}'),
      400,
      "INVALID_FRAME",
      /must be a string/,
    ],
    [
      "an unknown mode",
      post("S/messages", '{"content":"a","mode":"shout"}'),
      400,
      "INVALID_FRAME",
      /^`mode` /,
    ],
    [
      "a long id",
      post("S/messages", `{"content":"a","id":"${longId}"}`),
      400,
      "INVALID_FRAME",
      /^`id` .*128/,
    ],
    [
      "an id and another key",
      post("S/messages", '{"content":"a","id":"q1"}', { "idempotency-key": "q2" }),
      ...([400, "INVALID_FRAME", /^Idempotency-Key: /] as const),
    ],
    [
      "a form, which pages of other origins can send",
      post("S/messages", "content=a", { "content-type": "application/x-www-form-urlencoded" }),
      ...([415, "UNSUPPORTED_TYPE", "`Content-Type` must be application/json"] as const),
    ],
    [
      "JSON that says it is text",
      post("S/messages", '{"content":"a"}', { "content-type": "text/plain" }),
      ...([415, "UNSUPPORTED_TYPE", /application\/json/] as const),
    ],
    [
      "an answer that nobody has",
      post("S/messages", '{"content":"a"}', { accept: "text/html" }),
      ...([406, "NOT_ACCEPTABLE", /^`Accept` /] as const),
    ],
    [
      "an answer in a form that the client refuses",
      post("S/messages", '{"content":"a"}', { accept: "text/event-stream;q=0, */*;q=0.000" }),
      ...([406, "NOT_ACCEPTABLE", /^`Accept` /] as const),
    ],
    [
      "too much",
      post("S/messages", `"${"x".repeat(2000)}"`),
      413,
      "TOO_LARGE",
      "The body must have at most 2000 bytes",
    ],
    [
      "PUT",
      { path: "S/messages", method: "PUT" },
      405,
      "METHOD_NOT_ALLOWED",
      "This path accepts GET, HEAD, POST",
    ],
    [
      "DELETE of the list",
      { path: "/sessions", method: "DELETE" },
      405,
      "METHOD_NOT_ALLOWED",
      /GET, HEAD, POST/,
    ],
    ["GET of abort", { path: "S/abort" }, 405, "METHOD_NOT_ALLOWED", "This path accepts POST"],
    [
      "a path that is not the gateway's",
      { path: "/session" },
      404,
      "NOT_FOUND",
      /^Nothing is at this path\./,
    ],
    [
      "a session that is not there",
      { path: "/sessions/nobody/messages" },
      404,
      "SESSION_NOT_FOUND",
      '`sessionId` must be a session of yours, got "nobody". There is no such session.',
    ],
    [
      "an id that no session can have",
      { path: "/sessions/..%2f..%2fetc/messages" },
      404,
      "SESSION_NOT_FOUND",
      /no/,
    ],
    [
      "a session id of 129",
      { path: `/sessions/${longId}/messages` },
      404,
      "SESSION_NOT_FOUND",
      /no such session/,
    ],
    ["a broken escape", { path: "/sessions/%E0%A4%A/messages" }, 400, "INVALID_FRAME", /^sessionId: /],
    [
      "a field of the query twice",
      { path: "/sessions?limit=1&limit=2" },
      400,
      "INVALID_FRAME",
      "The query must have limit once.",
    ],
    ["limit 0", { path: "S/messages?limit=0" }, 400, "INVALID_FRAME", "`limit` must be at least 1, got 0."],
    [
      "limit 201",
      { path: "S/messages?limit=201" },
      400,
      "INVALID_FRAME",
      "`limit` must be at most 200, got 201.",
    ],
    ["a limit in words", { path: "/sessions?limit=ten" }, 400, "INVALID_FRAME", /^`limit` must be a number/],
    ["before -1", { path: "S/messages?before=-1" }, 400, "INVALID_FRAME", /^`before` /],
    [
      "archived perhaps",
      { path: "/sessions?archived=perhaps" },
      400,
      "INVALID_FRAME",
      /^`archived` must be a boolean/,
    ],
    ["a place in words", { path: "S/events?after=here" }, 400, "INVALID_FRAME", /^`after` /],
    [
      "a Last-Event-ID of another stream",
      { path: "S/events", headers: { "last-event-id": "abc" } },
      ...([400, "INVALID_FRAME", /^`Last-Event-ID` must be the id of an event .*, got "abc"/] as const),
    ],
    [
      "a Last-Event-ID without its epoch",
      { path: "S/events", headers: { "last-event-id": ":5" } },
      ...([400, "INVALID_FRAME", /^`Last-Event-ID` must be /] as const),
    ],
    ["a run that is not there", { path: "S/events?runId=nobody" }, 404, "RUN_NOT_FOUND", /^`runId` must be /],
    ["an abort of nothing", { path: "S/abort", method: "POST" }, 404, "RUN_NOT_FOUND", /No run/],
    ["a retry of nothing", post("S/retry", "{}"), 400, "INVALID_FRAME", /^`runId` /],
    ["a retry of an unknown run", post("S/retry", '{"runId":"x"}'), 404, "RUN_NOT_FOUND", /newest run/],
    ["an abort of a number", post("S/abort", '{"runId":7}'), 400, "INVALID_FRAME", /^`runId` /],
    ["a decision on nothing", post("S/approve", "{}"), 400, "INVALID_FRAME", "`callId` is missing."],
    [
      "another page's request",
      { path: "/sessions", headers: { origin: "https://evil.example" } },
      403,
      "FORBIDDEN",
      /Origin/,
    ],
    ["a page from a file", { path: "/sessions", headers: { origin: "null" } }, 403, "FORBIDDEN", /Origin/],
    [
      "a name that is not the gateway's",
      { path: "/sessions", headers: { host: "evil.example" } },
      403,
      "FORBIDDEN",
      /Host/,
    ],
  ];

function post(path: string, body: string, headers: Record<string, string> = {}): BadRequest {
  return { path, method: "POST", body, headers: { ...json, ...headers } };
}

/** By `node:http`, which lets a test say any header. */
async function send(address: string, { path, method = "GET", headers = {}, body }: BadRequest) {
  const request = httpRequest(`http://${address}${path}`, { method, headers });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, headers: response.headers, text };
}

describe("a request is refused with a status, a code and words:", () => {
  test.each(refused)("%s", async (_what, request, status, code, message) => {
    await using gateway = await testGateway({ limits: { maxFrameBytes: 2000 } });
    const { sessionId } = await gateway.connect();
    const path = request.path.replace(/^S/, `/sessions/${sessionId}`);

    const answer = await send(gateway.address, { ...request, path });

    const body = JSON.parse(answer.text) as { error: string; code?: string };
    expect([answer.status, body.code]).toEqual([status, code]);
    expect(body.error).toMatch(message);
    // Alive, and nothing happened in the session.
    const after = await gateway.get(`/sessions/${sessionId}/messages`);
    expect(await after.json()).toMatchObject({ messages: [] });
    expect(gateway.failures).toEqual([]);
  });
});

test.each([
  ["PUT", "/sessions/x/messages", "GET, HEAD, POST"],
  ["DELETE", "/sessions", "GET, HEAD, POST"],
  ["HEAD", "/sessions/x/events", "GET"],
  ["GET", "/sessions/x/abort", "POST"],
])("%s of %s is answered with the methods that it takes", async (method, path, allow) => {
  await using gateway = await testGateway();

  const answer = await send(gateway.address, { path, method });

  expect([answer.status, answer.headers.allow]).toEqual([405, allow]);
});

test("unknown fields of a body are ignored at any depth", async () => {
  await using gateway = await testGateway();
  const deep = "[".repeat(100_000) + "]".repeat(100_000);

  const answer = await gateway.get("/sessions/current/messages", {
    method: "POST",
    headers: json,
    body: `{"content":"hello","unknown":${deep}}`,
  });

  expect(await answer.json()).toMatchObject({ outcome: "completed", content: "hello" });
  expect(gateway.failures).toEqual([]);
});

test.each([
  ["true", []],
  ["false", ["hello"]],
])("a list with archived=%s", async (archived, titles) => {
  await using gateway = await testGateway();
  await send(gateway.address, post("/sessions/current/messages", '{"content":"hello"}'));

  const { sessions } = JSON.parse(
    (await send(gateway.address, { path: `/sessions?archived=${archived}` })).text,
  );

  expect(sessions.map(({ title }: { title: string }) => title)).toEqual(titles);
});

test("a conflict, a full queue and a gateway that stops have their codes too", async () => {
  const { agent, started, release } = heldAgent();
  await using gateway = await testGateway({ agent, limits: { maxQueuedMessages: 1 } });
  const client = await gateway.connect();
  const path = `/sessions/${client.sessionId}/messages`;
  client.send({ type: "message", content: "one", id: "q1" });
  client.send({ type: "message", content: "two" });
  await started(1);
  await client.next("message_queued");

  const conflict = await send(gateway.address, post(path, '{"content":"other","id":"q1"}'));
  const full = await send(gateway.address, post(path, '{"content":"three"}'));

  expect([conflict.status, JSON.parse(conflict.text)]).toMatchObject([409, { code: "REQUEST_CONFLICT" }]);
  expect([full.status, full.headers["retry-after"], JSON.parse(full.text)]).toMatchObject([
    429,
    "1",
    { code: "QUEUE_FULL", retryable: true },
  ]);
  const closed = gateway.gateway.close();
  const late = await send(gateway.address, { path: "/sessions" });
  expect([late.status, JSON.parse(late.text)]).toMatchObject([503, { code: "DRAINING", retryable: true }]);
  release();
  release();
  await closed;
});

describe("with a token", () => {
  const token = "t".repeat(32);

  test("a client with it, as header or as the page's cookie, is accepted; others get instructions", async () => {
    await using gateway = await testGateway({ listen: { token } });
    const login = await gateway.get("/login", { method: "POST", body: JSON.stringify({ token }) });
    const [cookie = ""] = (login.headers.get("set-cookie") ?? "").split(";");

    const answers = await Promise.all(
      [{}, { authorization: "Bearer wrong" }, { authorization: `Bearer ${token}` }, { cookie }].map(
        (headers) => gateway.get("/sessions", { headers }),
      ),
    );

    expect(answers.map(({ status }) => status)).toEqual([401, 401, 200, 200]);
    expect(await answers[0]?.json()).toMatchObject({ code: "UNAUTHORIZED", retryable: false });
    expect(answers[0]?.headers.get("www-authenticate")).toBe("Bearer");
  });

  test("the cookie is no use to another page", async () => {
    await using gateway = await testGateway({ listen: { token } });
    const login = await gateway.get("/login", { method: "POST", body: JSON.stringify({ token }) });
    const [cookie = ""] = (login.headers.get("set-cookie") ?? "").split(";");
    const origin = "https://evil.example";

    const forged = post("/sessions/current/messages", '{"content":"hello"}', { cookie, origin });

    expect((await send(gateway.address, forged)).status).toBe(403);
    expect(await (await gateway.get("/sessions", { headers: { cookie } })).json()).toEqual({ sessions: [] });
  });
});

describe("pages of other origins", () => {
  const origin = "https://chat.example.com";
  const preflight = {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type",
    },
  };

  test("that are allowed can read the reason of a refusal", async () => {
    await using gateway = await testGateway({
      allowedOrigins: [origin],
      listen: { token: "t".repeat(32) },
    });

    const refused = await send(gateway.address, { path: "/sessions", headers: { origin } });

    expect([refused.status, refused.headers["access-control-allow-origin"]]).toEqual([401, origin]);
  });

  test("get no leave by default, and may not read what they can ask for", async () => {
    await using gateway = await testGateway();

    const asked = await send(gateway.address, { path: "/sessions/current/messages", ...preflight });
    const read = await send(gateway.address, { path: "/sessions" });

    expect([asked.status, asked.headers["access-control-allow-origin"]]).toEqual([403, undefined]);
    expect(read.headers["access-control-allow-origin"]).toBeUndefined();
    expect(read.headers["cross-origin-resource-policy"]).toBe("same-origin");
  });

  test("of allowedOrigins get an answer to a preflight without a token", async () => {
    await using gateway = await testGateway({ allowedOrigins: [origin], listen: { token: "t".repeat(32) } });

    const asked = await send(gateway.address, { path: "/sessions/current/messages", ...preflight });

    expect(asked.status).toBe(204);
    expect(asked.headers).toMatchObject({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "GET, HEAD, POST",
      "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, Last-Event-ID",
    });
  });
});

describe("a query, title or place that is not right is named:", () => {
  test.each<[path: string, body: object | undefined, error: string]>([
    ["/sessions?limit=1.5", undefined, "`limit` must be an integer, got 1.5."],
    ["/sessions?limit=-1", undefined, "`limit` must be at least 1, got -1."],
    ["/sessions?cursor=x", undefined, '`cursor` must be that of an earlier page, got "x".'],
    ["/sessions/search?text=a&cursor=x", undefined, '`cursor` must be that of an earlier page, got "x".'],
    ["/sessions/search?text=%20", undefined, '`text` must be a text that is not blank, got " ".'],
    ["S/rename", { title: "\u200b \n" }, '`title` must be a text that is not blank, got "\u200b \\n".'],
    ["S/fork", { at: 99 }, "`at` must be the `seq` of an entry of the session, got 99."],
  ])("%s %j", async (path, body, error) => {
    await using gateway = await testGateway();
    const { sessionId } = await (await gateway.get("/sessions", { method: "POST" })).json();
    const init = body && { method: "POST", headers: json, body: JSON.stringify(body) };

    const response = await gateway.get(path.replace(/^S/, `/sessions/${sessionId}`), init);

    expect([response.status, await response.json()]).toEqual([
      400,
      { error, code: "INVALID_FRAME", retryable: false },
    ]);
  });
});

test("a message is answered with 200 where a framework has begun with another status", async () => {
  await using own = await testGateway();
  const server = createServer((request, response) => {
    response.statusCode = 404;
    own.gateway.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  const answer = await send(`127.0.0.1:${port}`, post("/sessions/current/messages", '{"content":"hello"}'));

  server.close();
  expect([answer.status, JSON.parse(answer.text)]).toEqual([
    200,
    expect.objectContaining({ content: "hello" }),
  ]);
});

describe("inside an app", () => {
  /** An app on node:http whose gateway is under a path. The header `x-user` names the user. */
  async function startApp(path: string) {
    const store = createMemoryStore();
    const gateway = new GatewayServer({
      store,
      agent: echoAgent,
      authenticate: ({ headers }) => {
        const user = headers["x-user"];
        if (user === "trouble") throw new Error("the user database is away");
        return typeof user === "string" ? { id: user } : null;
      },
      onFailure: () => undefined,
    });
    const server = createServer((request, response) => {
      if (gateway.handleRequest(request, response, { path })) return;
      response.end("the app's own");
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(async () => {
      await gateway.close({ drainMs: 0 });
      server.close();
      server.closeAllConnections();
    });
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test.each(["/claw", "/claw/", "/a/b"])("answers under %s, and leaves the rest to the app", async (path) => {
    const address = await startApp(path);
    const headers = { "x-user": "alice" };
    const base = path.replace(/\/$/, "");

    const answers = await Promise.all(
      [`${base}/sessions`, "/sessions", "/", `${base}/sessions/x/y`, `${base}x/sessions`].map((one) =>
        send(address, { path: one, headers }),
      ),
    );

    expect(answers.map(({ text }) => text)).toEqual(['{"sessions":[]}\n', ...Array(4).fill("the app's own")]);
  });

  test("asks authenticate for the principal, and shows no session of another", async () => {
    const address = await startApp("/");
    const as = (user: string) => ({ ...json, "x-user": user });
    const said = await send(address, {
      ...post("/sessions/current/messages", '{"content":"secret"}'),
      headers: as("alice"),
    });
    const { sessionId } = JSON.parse(said.text) as { sessionId: string };
    const paths: BadRequest[] = [
      { path: `/sessions/${sessionId}/messages` },
      { path: `/sessions/${sessionId}/events` },
      { path: `/sessions/${sessionId}/export` },
      post(`/sessions/${sessionId}/messages`, '{"content":"hello"}'),
      post(`/sessions/${sessionId}/abort`, "{}"),
      post(`/sessions/${sessionId}/approve`, '{"callId":"c","decision":"once"}'),
    ];

    for (const request of paths) {
      const answer = await send(address, { ...request, headers: as("mallory") });
      expect([answer.status, JSON.parse(answer.text)]).toMatchObject([404, { code: "SESSION_NOT_FOUND" }]);
    }
    expect((await send(address, { path: "/sessions", headers: as("mallory") })).text).toBe(
      '{"sessions":[]}\n',
    );
    expect((await send(address, { path: "/sessions" })).status).toBe(401);
    const trouble = await send(address, { path: "/sessions", headers: as("trouble") });
    expect([trouble.status, JSON.parse(trouble.text)]).toMatchObject([500, { code: "INTERNAL" }]);
    expect(trouble.text).not.toContain("database");
  });

  test("takes a body that the app has read already", async () => {
    const gateway = new GatewayServer({ store: createMemoryStore(), agent: echoAgent });
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        Object.assign(request, { body: JSON.parse(Buffer.concat(chunks).toString()) });
        setImmediate(() => gateway.handleRequest(request, response));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());

    const { port } = server.address() as AddressInfo;
    const answer = await send(`127.0.0.1:${port}`, post("/sessions/current/messages", '{"content":"hello"}'));

    expect(JSON.parse(answer.text)).toMatchObject({ content: "hello" });
    await gateway.close();
  });
});
