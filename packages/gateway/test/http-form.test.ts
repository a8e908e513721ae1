import { createMemoryStore } from "@mini-openclaw/session-store";
import { describe, expect, test } from "vitest";
import { type FormConnection, GatewayServer, type HttpForm } from "../src/index.ts";
import { scriptedAgent } from "../src/testing.ts";
import { lineDialect } from "./line-dialect.ts";
import { echoAgent, gate, testGateway } from "./test-gateway.ts";

/** A form with a path for each of its means. */
const form: HttpForm = {
  keyPrefix: "form:",
  maxBodyBytes: 1000,
  methodsOf: (path) => (/^\/(say|who|echo|full|fail|late|cut|odd)$/.test(path) ? ["GET", "POST"] : []),
  async answer({ method, path, query, body }, connection) {
    switch (path) {
      case "/say":
        return say(connection, String(body["text"]));
      case "/who":
        return connection.reply(200, connection.principal?.id ?? "nobody");
      case "/echo":
        return connection.reply(418, JSON.stringify({ method, query, body }), { "X-Own": "1" });
      case "/full":
        return connection.close(1011, "no");
      case "/fail":
        throw new Error("secret");
      case "/late":
        connection.reply(200, "first");
        return connection.reply(500, "second");
      case "/cut":
        connection.begin({});
        return connection.send("half");
      case "/odd":
        connection.begin({});
        connection.send(42 as never);
    }
  },
};

/** Answers with the text of a run. */
async function say(connection: FormConnection, content: string): Promise<void> {
  const answer = await connection.perform(
    { type: "message", key: "main", content },
    {
      onEvent: (event) => {
        if (event.type === "chunk") connection.send(event.content);
        if (event.type === "run_end") connection.end();
      },
    },
  );
  if (answer?.type !== "ack") connection.reply(500, answer?.type);
  else connection.begin({ "Content-Type": "text/plain" });
}

const posting = (body: object) => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

describe("an HTTP form", () => {
  const listen = { forms: { "/api": form } };

  test("answers the requests of its paths, beside those of the gateway", async () => {
    await using gateway = await testGateway({ listen });

    const said = await gateway.get("/api/say", posting({ text: "hello" }));
    const other = await gateway.get("/api/nowhere");
    const sessions = await gateway.get("/sessions");
    const echo = await gateway.get("/api/echo?a=1", posting({ b: 2 }));

    expect(await said.text()).toBe("hello");
    expect(other.status).toBe(404);
    expect(sessions.status).toBe(200);
    expect([echo.status, echo.headers.get("x-own"), await echo.json()]).toEqual([
      418,
      "1",
      { method: "POST", query: "a=1", body: { b: 2 } },
    ]);
    expect(gateway.failures).toEqual([]);
  });

  test("has the sessions of its prefix, which belong to the caller", async () => {
    await using gateway = await testGateway({
      listen,
      authenticate: ({ headers }) => ({ id: String(headers["x-user"]) }),
    });

    for (const user of ["alice", "bob"]) {
      const init = posting({ text: user });
      const response = await gateway.get("/api/say", {
        ...init,
        headers: { ...init.headers, "x-user": user },
      });
      await response.text();
    }
    const who = await gateway.get("/api/who", { headers: { "x-user": "alice" } });

    const { sessions } = await gateway.store.listSessions();
    expect(sessions.map(({ key, owner }) => [key, owner])).toEqual([
      ["form:webchat:bob/main", "bob"],
      ["form:webchat:alice/main", "alice"],
    ]);
    expect(await who.text()).toBe("alice");
  });

  test.each<[string, string, RequestInit, number, string]>([
    ["another method", "/api/say", { method: "DELETE" }, 405, "This path accepts GET, POST."],
    ["a body that is too long", "/api/say", posting({ text: "x".repeat(1000) }), 413, "at most 1000 bytes"],
    ["a body of another type", "/api/say", { method: "POST", body: "x" }, 415, "`Content-Type` must be"],
    ["a failure of the form", "/api/fail", {}, 500, "The gateway failed. Its log has the reason."],
  ])("refuses %s in plain text", async (_what, path, init, status, text) => {
    await using gateway = await testGateway({ listen });

    const response = await gateway.get(path, init);

    expect(response.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect([response.status, await response.text()]).toEqual([status, expect.stringContaining(text)]);
    expect(gateway.failures).toEqual(status === 500 ? ["an HTTP request: secret"] : []);
  });

  test("refuses pages of other origins, and answers those that are allowed", async () => {
    await using gateway = await testGateway({ listen, allowedOrigins: ["https://app.example"] });
    const from = (origin: string, method = "GET") => gateway.get("/api/who", { method, headers: { origin } });

    const refused = await from("https://evil.example");
    const allowed = await from("https://app.example");
    const preflight = await from("https://app.example", "OPTIONS");

    expect([refused.status, allowed.status, preflight.status]).toEqual([403, 200, 204]);
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://app.example");
    expect(preflight.headers.get("access-control-allow-methods")).toBe("GET, POST");
  });

  test("answers once, and cuts off what it closes", async () => {
    await using gateway = await testGateway({ listen });

    const late = await gateway.get("/api/late");

    expect([late.status, await late.text()]).toEqual([200, "first"]);
    await expect(gateway.get("/api/full")).rejects.toThrow("fetch failed");
  });

  test("has its answer cut off when it sends a frame that is no text, and the failure is reported", async () => {
    await using gateway = await testGateway({ listen });

    const text = gateway.get("/api/odd").then((response) => response.text());

    await expect(text).rejects.toThrow(/terminated|fetch failed/);
    expect(gateway.failures).toEqual(["an HTTP form: `frame` must be a text, got 42."]);
  });

  test("has its open answers cut off when the gateway has stopped", async () => {
    const gateway = await testGateway({ listen });
    const response = await gateway.get("/api/cut");
    expect(gateway.gateway.health().connections).toBe(1);

    await gateway.gateway.close();

    await expect(response.text()).rejects.toThrow("terminated");
  });

  test("gets no more room than other clients", async () => {
    const [isFree, open] = gate();
    const agent = scriptedAgent([[{ says: ["a"] }, { waits: isFree }], "b"]);
    await using gateway = await testGateway({ listen, agent, connections: { maxConnections: 1 } });
    const first = await gateway.get("/api/say", posting({ text: "1" }));

    const second = await gateway.get("/api/say", posting({ text: "2" }));
    open();

    expect([second.status, await second.text()]).toEqual([503, "The gateway has its 1 connections."]);
    expect(await first.text()).toBe("a");
  });

  test("ends the events of a client that is gone, and its run continues", async () => {
    const [isFree, open] = gate();
    await using gateway = await testGateway({
      listen,
      agent: scriptedAgent([[{ says: ["a"] }, { waits: isFree }, "b"]]),
    });
    const watcher = await gateway.connect();
    const leaving = new AbortController();
    const response = await gateway.get("/api/say", { ...posting({ text: "1" }), signal: leaving.signal });

    leaving.abort();
    await expect(response.text()).rejects.toThrow("aborted");
    open();
    const { sessions } = await gateway.store.listSessions();
    watcher.send({ type: "resume", sessionId: sessions[0]?.sessionId ?? "", after: 0 });
    expect(await watcher.next("run_end")).toMatchObject({ outcome: "completed" });
    expect(gateway.failures).toEqual([]);
  });

  test.each<[string, Partial<HttpForm>, string]>([
    ["no paths", { methodsOf: undefined as never }, "`methodsOf` must be a function, got nothing."],
    ["no answer", { answer: 1 as never }, "`answer` must be a function, got 1."],
    ["no prefix", { keyPrefix: undefined as never }, "`keyPrefix` must be a text without / and %"],
    ["a size that is none", { maxBodyBytes: 0 }, "`maxBodyBytes` must be an integer"],
  ])("is refused with %s", async (_what, fields, message) => {
    const wrong = { ...form, ...fields };
    const error = { code: "INVALID_OPTION", message: expect.stringContaining(message) };
    await using gateway = await testGateway();
    const { store } = gateway;

    const other = new GatewayServer({ store, agent: echoAgent });
    await expect(other.listen({ port: 0, forms: { "/": wrong } })).rejects.toMatchObject(error);
    await expect(
      gateway.gateway.handleFetch(new Request("http://localhost/"), { form: wrong }),
    ).rejects.toMatchObject(error);
  });

  test("sends its pieces with headers that keep nobody from passing them on", async () => {
    await using gateway = await testGateway({ listen: { forms: { "/api": form } } });

    const said = await gateway.get("/api/say", posting({ text: "hello" }));
    await said.text();

    expect(said.headers.get("cache-control")).toBe("no-store, no-transform");
    expect(said.headers.get("x-accel-buffering")).toBe("no");
  });

  test("that fails to read a path answers with 500", async () => {
    const methodsOf = () => {
      throw new Error("no path");
    };
    await using gateway = await testGateway({ listen: { forms: { "/": { ...form, methodsOf } } } });

    expect((await gateway.get("/x")).status).toBe(500);
    expect(gateway.failures).toEqual(["an HTTP request: no path"]);
  });
});

test.each([
  ["dialects", { "no path?": lineDialect }],
  ["forms", { "no path?": form }],
])("a bad path in `%s` is refused before the port is taken", async (name, value) => {
  const gateway = new GatewayServer({ store: createMemoryStore(), agent: echoAgent });
  const taken = await gateway.listen({ port: 0 });
  await gateway.close();
  const again = new GatewayServer({ store: createMemoryStore(), agent: echoAgent });

  const { port } = taken;
  await expect(again.listen({ port, [name]: value })).rejects.toMatchObject({ code: "INVALID_OPTION" });
  expect(await again.listen({ port })).toMatchObject({ port });
  await again.close();
});
