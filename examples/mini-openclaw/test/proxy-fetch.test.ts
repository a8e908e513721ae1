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

test.each([
  ["HTTP_PROXY", "http://"],
  ["http_proxy", ""],
  ["ALL_PROXY", ""],
  ["all_proxy", "http://user:pass%20word@"],
])(
  "uses the proxy in %s, given as %shost:port, for a name that only the proxy knows",
  async (name, prefix) => {
    const fetch = await createProxyFetch({ [name]: addressOf(proxy).replace("http://", prefix) });
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

test.each([
  ["HTTPS_PROXY", "socks5://user:secret@127.0.0.1:1080"],
  ["http_proxy", "http://"],
  ["all_proxy", "http://user:secret@:x"],
])("names %s if it is no address of an HTTP proxy, and repeats no password", async (name, value) => {
  const refused = createProxyFetch({ [name]: value });

  await expect(refused).rejects.toThrow(`\`${name}\` must be an http:// or https:// address, such as`);
  await expect(refused).rejects.not.toThrow("secret");
});
