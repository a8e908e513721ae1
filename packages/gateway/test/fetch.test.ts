import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import type { HttpForm } from "../src/index.ts";
import { heldAgent, testGateway } from "./test-gateway.ts";

const url = (path: string) => `http://localhost/claw${path}`;

const posting = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "Content-Type": "application/json", ...headers },
  body: JSON.stringify(body),
});

describe("handleFetch", () => {
  test("answers commands, streams and preflights, and leaves other paths", async () => {
    await using own = await testGateway();
    const ask = (path: string, init?: RequestInit) =>
      own.gateway.handleFetch(new Request(url(path), init), { path: "/claw" });

    const answer = await ask("/sessions/current/messages", posting({ content: "hello" }));
    expect([answer.status, await answer.json()]).toMatchObject([
      200,
      { content: "hello", outcome: "completed" },
    ]);
    const stream = await ask(
      "/sessions/current/messages",
      posting({ content: "hi" }, { Accept: "text/event-stream" }),
    );
    expect(stream.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(await stream.text()).toContain("event: run_end");
    const head = await ask("/sessions", { method: "HEAD" });
    expect([head.status, head.body]).toEqual([200, null]);
    expect((await (await ask("/sessions/current/export")).text()).split("\n").length).toBeGreaterThan(5);
    expect((await ask("/sessions", { method: "OPTIONS" })).status).toBe(204);
    expect((await ask("/sessions", { method: "PUT" })).status).toBe(405);
    expect((await ask("/sessions/current/messages", { method: "POST", body: "x" })).status).toBe(415);
    expect((await ask("/elsewhere")).status).toBe(404);
    expect(own.failures).toEqual([]);
  });

  test("refuses rebound names and foreign origins, and asks authenticate", async () => {
    const authenticate = ({ headers }: IncomingMessage) =>
      headers.authorization === "Bearer right" ? { id: "somebody" } : null;
    await using anonymous = await testGateway();
    await using own = await testGateway({ authenticate });
    const ask = async (gateway: typeof own, headers: Record<string, string>, host = "localhost") =>
      (await gateway.gateway.handleFetch(new Request(`http://${host}/sessions`, { headers }))).status;

    expect(await ask(anonymous, {}, "evil.example")).toBe(403);
    expect(await ask(anonymous, { Origin: "http://evil.example" })).toBe(403);
    expect(await ask(anonymous, { Origin: "http://localhost" })).toBe(200);
    expect(await ask(own, {})).toBe(401);
    expect(await ask(own, { Authorization: "Bearer right" }, "app.example")).toBe(200);
  });

  test("a client that goes, or cancels its body, ends its stream", async () => {
    await using own = await testGateway();
    const path = "http://localhost/sessions/current/events";
    const going = new AbortController();
    const first = await own.gateway.handleFetch(new Request(path, { signal: going.signal }));
    const second = await own.gateway.handleFetch(new Request(path));
    expect(own.gateway.health().connections).toBe(2);

    going.abort();
    await second.body?.cancel();

    await expect.poll(() => own.gateway.health().connections).toBe(0);
    await expect(first.text()).rejects.toThrow("cut off");
  });

  test("shows each event when it happens", async () => {
    const { agent, started, release } = heldAgent();
    await using own = await testGateway({ agent });
    const request = new Request(
      "http://localhost/sessions/current/messages",
      posting({ content: "x" }, { Accept: "text/event-stream" }),
    );

    const response = await own.gateway.handleFetch(request);
    await started(1);
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes("thinking…") && !text.includes("run_end")) release();
    }

    expect(text).toContain("run_end");
  });

  test.each(["/sessions/current/messages", "/elsewhere"])(
    "a body that breaks off, at %s, ends no process",
    async (path) => {
      const unhandled: unknown[] = [];
      const onUnhandled = (error: unknown) => unhandled.push(error);
      process.on("uncaughtException", onUnhandled);
      await using own = await testGateway({ authenticate: () => null });
      let breakOff = (_error: Error): void => undefined;
      const body = new ReadableStream({
        start: (controller) => {
          breakOff = (error) => controller.error(error);
        },
      });
      const init = { ...posting({}), body, duplex: "half" } as RequestInit;

      const { status } = await own.gateway.handleFetch(new Request(`http://localhost${path}`, init));
      breakOff(new Error("the client has gone"));
      await new Promise((resolve) => setImmediate(resolve));
      process.off("uncaughtException", onUnhandled);

      expect([status, unhandled]).toEqual([path === "/elsewhere" ? 404 : 401, []]);
    },
  );

  test("a body that breaks off while it is read is the client's fault", async () => {
    await using own = await testGateway();
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error("gone")) });
    const init = { ...posting({}), body, duplex: "half" } as RequestInit;

    const response = await own.gateway.handleFetch(
      new Request("http://localhost/sessions/current/messages", init),
    );

    expect([response.status, await response.json()]).toMatchObject([400, { error: "The body ended early." }]);
    expect(own.failures).toEqual([]);
  });

  test("a body that was read before is named", async () => {
    await using own = await testGateway();
    const request = new Request("http://localhost/sessions/current/messages", posting({ content: "hi" }));
    await request.text();

    const response = await own.gateway.handleFetch(request);

    expect([response.status, await response.json()]).toMatchObject([
      400,
      { error: expect.stringContaining("The body was read before the gateway. Pass the request on") },
    ]);
  });

  test("an answer that has no body by the standard is sent without one", async () => {
    await using own = await testGateway();
    const form: HttpForm = {
      keyPrefix: "form:",
      methodsOf: () => ["GET"],
      answer: (_request, connection) => connection.reply(304),
    };

    const response = await own.gateway.handleFetch(new Request("http://localhost/form"), {
      path: "/form",
      form,
    });

    expect([response.status, response.body]).toEqual([304, null]);
  });
});
