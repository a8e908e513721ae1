import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createProxyFetch } from "../src/model/proxy-fetch.ts";

const asked: string[] = [];
let target: Server;
let proxy: Server;

beforeAll(async () => {
  target = createServer((_request, response) => response.end("from the model's server"));
  proxy = createServer();
  // A proxy that opens a tunnel to the target, whatever name the client asks for.
  proxy.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    const upstream = connect((target.address() as AddressInfo).port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    for (const one of [socket, upstream]) one.on("error", () => {});
  });
  for (const server of [target, proxy]) await once(server.listen(0, "127.0.0.1"), "listening");
});
afterAll(() => {
  for (const server of [target, proxy]) {
    server.closeAllConnections();
    server.close();
  }
});
beforeEach(() => {
  asked.length = 0;
});

const addressOf = (server: Server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

test.each(["HTTP_PROXY", "http_proxy"])(
  "uses the proxy in %s for a name that only the proxy knows",
  async (name) => {
    const fetch = await createProxyFetch({ [name]: addressOf(proxy) });
    const response = await fetch?.("http://model.example.invalid/v1/messages", {
      method: "POST",
      body: "{}",
    });

    expect(await response?.text()).toBe("from the model's server");
    expect(asked).toEqual(["model.example.invalid:80"]);
  },
);

test("does not use the proxy for a host in NO_PROXY", async () => {
  const fetch = await createProxyFetch({ HTTP_PROXY: addressOf(proxy), NO_PROXY: "127.0.0.1" });
  const response = await fetch?.(addressOf(target));

  expect(await response?.text()).toBe("from the model's server");
  expect(asked).toEqual([]);
});

test("returns undefined without a proxy", async () => {
  expect(await createProxyFetch({ NO_PROXY: "*" })).toBeUndefined();
});
