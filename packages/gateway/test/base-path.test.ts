import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { TestClient, testGateway } from "./test-gateway.ts";

const handshake = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

describe("listen with a path, as behind a proxy that keeps its prefix", () => {
  test.each(["/claw", "/claw/", "/claw?x=1", "/"])("accepts a socket at %s", async (path) => {
    await using gateway = await testGateway({ listen: { path: "/claw" } });
    const client = new TestClient(new WebSocket(`ws://${gateway.address}${path}`));

    expect(await client.next("connected")).toMatchObject({ type: "connected" });
  });

  test.each(["/clawfoot", "/other", "/claw/other", "/claw//"])("refuses a socket at %s", async (path) => {
    await using gateway = await testGateway({ listen: { path: "/claw/" } });
    const socket = new WebSocket(`ws://${gateway.address}${path}`);

    await expect(new Promise((_, reject) => socket.once("error", reject))).rejects.toThrow("404");
  });

  test("answers the absolute form of its own address", async () => {
    await using gateway = await testGateway({ listen: { path: "/claw" } });
    const [host = "", port = ""] = gateway.address.split(":");
    const ask = (path: string, headers: Record<string, string> = {}) =>
      new Promise<[number | undefined, string | undefined]>((resolve, reject) => {
        const sent = request({ host, port, path, headers, agent: false });
        sent.on("response", (response) => {
          resolve([response.statusCode, response.headers.location]);
          response.resume();
        });
        sent.on("upgrade", (response, socket) => {
          resolve([response.statusCode, undefined]);
          socket.destroy();
        });
        sent.on("error", reject).end();
      });
    const own = `http://${gateway.address}`;

    expect(await ask(`${own}/claw/sessions?limit=1`)).toEqual([200, undefined]);
    expect(await ask(`${own}/claw?x`)).toEqual([308, "./claw/?x"]);
    expect(await ask(`${own}/claw/`, handshake)).toEqual([101, undefined]);
    expect(await ask("http://evil.example/claw/sessions")).toEqual([403, undefined]);
  });

  test("answers its routes with and without the prefix, and the app's without it", async () => {
    const seen: string[] = [];
    await using gateway = await testGateway({
      listen: {
        path: "/deep/claw",
        serve(request, response) {
          seen.push(request.url ?? "");
          response.end("page");
          return true;
        },
      },
    });
    const statusOf = async (path: string) =>
      (await fetch(`http://${gateway.address}${path}`, { redirect: "manual" })).status;

    expect(await statusOf("/deep/claw/sessions?limit=1")).toBe(200);
    expect(await statusOf("/healthz")).toBe(200);
    expect(await statusOf("/deep/claw/healthz")).toBe(200);
    expect(await statusOf("/deep/claw/page.js?v=1")).toBe(200);
    expect(await statusOf("/deep/clawfoot")).toBe(200);
    expect(seen).toEqual(["/page.js?v=1", "/deep/clawfoot"]);
  });

  test("redirects the path without a slash, relative to where the browser is", async () => {
    await using gateway = await testGateway({ listen: { path: "/deep/claw" } });
    const init = { redirect: "manual" } as const;

    const page = await fetch(`http://${gateway.address}/deep/claw?x=1`, init);
    const post = await fetch(`http://${gateway.address}/deep/claw`, { ...init, method: "POST" });

    expect([page.status, page.headers.get("location")]).toEqual([308, "./claw/?x=1"]);
    expect(post.status).toBe(404);
  });

  test.each(["/claw?x", "https://example.com/claw", 7])("refuses %j as a path", async (path) => {
    await expect(testGateway({ listen: { path: path as string } })).rejects.toThrow("`path` must be a path");
  });
});
