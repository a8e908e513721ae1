import { describe, expect, test } from "vitest";
import { hostileGateways, token } from "./hostile-gateways.ts";
import { frame, type HandshakeOptions, handshake, RawClient } from "./raw-client.ts";

const gateways = hostileGateways();

describe("a request that is no HTTP is answered 400, or not at all, and its socket closed", () => {
  test.each([
    ["noise", Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 89) % 256)), 400],
    ["a TLS greeting", Buffer.from("16030100a5010000a10303", "hex"), 400],
    ["an SSH greeting", "SSH-2.0-OpenSSH_9.6\r\n", 400],
    ["NUL bytes", Buffer.alloc(64), 400],
    ["an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    ["no version", "GET /\r\n\r\n", 403],
    ["an unknown version", "GET / HTTP/9.9\r\nHost: x\r\n\r\n", 400],
    ["an unknown method", "SHOUT / HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["a target with a space", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["a header without a colon", "GET / HTTP/1.1\r\nHost x\r\n\r\n", 400],
    ["a header name with a space", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400],
    ["a header with NUL", "GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n", 400],
    ["a folded header", "GET / HTTP/1.1\r\nHost: x\r\nA: 1\r\n 2\r\n\r\n", 400],
    ["a lone CR in a header", "GET / HTTP/1.1\r\nHost: x\r\nA: 1\rB: 2\r\n\r\n", 400],
    [
      "two lengths",
      "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      400,
    ],
    [
      "a length and chunks",
      "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["a negative length", "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400],
    [
      "a chunked encoding that is not last",
      "POST /login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
      400,
    ],
    ["20 KB of header", `GET / HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(20_000)}\r\n\r\n`, 431],
    ["a target of 20 KB", `GET /${"a".repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    ["2,000 headers", `GET / HTTP/1.1\r\nHost: x\r\n${"A: aaaaaaaa\r\n".repeat(2000)}\r\n`, 431],
  ])("%s", async (_what, bytes, status) => {
    using client = await RawClient.connect(gateways.open.address);

    client.write(bytes);

    expect(await client.status()).toBe(status);
    await client.closed();
  });
});

describe("a request for a page is answered with a status", () => {
  test.each([
    ["a foreign Host", "GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403],
    ["an empty Host", "GET /health HTTP/1.1\r\nHost:\r\n\r\n", 403],
    ["a Host with a path", "GET /health HTTP/1.1\r\nHost: ADDRESS/x\r\n\r\n", 403],
    ["a Host with a user", "GET /health HTTP/1.1\r\nHost: me@ADDRESS\r\n\r\n", 403],
    [
      "a foreign Origin",
      "GET /health HTTP/1.1\r\nHost: ADDRESS\r\nOrigin: https://evil.example\r\n\r\n",
      403,
    ],
    ["a traversal", "GET /../../etc/passwd HTTP/1.1\r\nHost: ADDRESS\r\n\r\n", 404],
    ["an encoded traversal", "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: ADDRESS\r\n\r\n", 404],
    ["a broken percent", "GET /%zz%f HTTP/1.1\r\nHost: ADDRESS\r\n\r\n", 404],
    [
      "a target with a host of its own",
      "GET http://evil.example/health HTTP/1.1\r\nHost: ADDRESS\r\n\r\n",
      403,
    ],
    ["the absolute form of its own address", "GET http://ADDRESS/health HTTP/1.1\r\nHost: x\r\n\r\n", 200],
    [
      "two Hosts, the own one first",
      "GET /health HTTP/1.1\r\nHost: ADDRESS\r\nHost: evil.example\r\n\r\n",
      400,
    ],
    [
      "two Hosts, the own one last",
      "GET /health HTTP/1.1\r\nHost: evil.example\r\nHost: ADDRESS\r\n\r\n",
      400,
    ],
    ["a health check without a Host", "GET /healthz HTTP/1.0\r\n\r\n", 200],
    ["a health check by another name", "GET /healthz HTTP/1.1\r\nHost: gateway:3210\r\n\r\n", 200],
    ["the target *", "OPTIONS * HTTP/1.1\r\nHost: ADDRESS\r\n\r\n", 404],
    ["a DELETE of the health", "DELETE /health HTTP/1.1\r\nHost: ADDRESS\r\n\r\n", 405],
    ["a DELETE of the login", "DELETE /login HTTP/1.1\r\nHost: ADDRESS\r\n\r\n", 405],
    ["a login that is no JSON", "POST /login HTTP/1.1\r\nHost: ADDRESS\r\nContent-Length: 1\r\n\r\n{", 400],
    ["a login of null", "POST /login HTTP/1.1\r\nHost: ADDRESS\r\nContent-Length: 4\r\n\r\nnull", 400],
    [
      "a login with a number",
      'POST /login HTTP/1.1\r\nHost: ADDRESS\r\nContent-Length: 11\r\n\r\n{"token":1}',
      400,
    ],
    [
      "a login of 1 MB",
      `POST /login HTTP/1.1\r\nHost: ADDRESS\r\nContent-Length: 1000000\r\n\r\n${"x".repeat(5000)}`,
      413,
    ],
    [
      "a login by a foreign page",
      "POST /login HTTP/1.1\r\nHost: ADDRESS\r\nOrigin: null\r\nContent-Length: 2\r\n\r\n{}",
      403,
    ],
  ])("%s", async (_what, request, status) => {
    using client = await RawClient.connect(gateways.guarded.address);

    client.write(request.replace("ADDRESS", gateways.guarded.address));

    expect(await client.status()).toBe(status);
  });
});

const key = "Sec-WebSocket-Key";
const version = "Sec-WebSocket-Version";
const subprotocols = "Sec-WebSocket-Protocol";

describe("a handshake that is not right is answered with a status, and its socket closed", () => {
  test.each<[string, HandshakeOptions, number]>([
    ["a POST", { line: "POST / HTTP/1.1" }, 405],
    ["another path", { line: "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1" }, 404],
    ["a path with a dot", { line: "GET /. HTTP/1.1" }, 404],
    ["a path of two slashes", { line: "GET // HTTP/1.1" }, 404],
    ["a foreign Host in an absolute target", { line: "GET http://evil.example/ HTTP/1.1" }, 403],
    ["a body", { headers: { "Content-Length": "5" } }, 400],
    ["a body of unknown length", { headers: { "Transfer-Encoding": "chunked" } }, 400],
    ["HTTP/1.0", { line: "GET / HTTP/1.0" }, 400],
    ["two Hosts", { headers: { Host: ["127.0.0.1", "evil.example"] } }, 400],
    ["no key", { headers: { [key]: undefined } }, 400],
    ["an empty key", { headers: { [key]: "" } }, 400],
    ["a short key", { headers: { [key]: "c2hvcnQ=" } }, 400],
    ["a key of other characters", { headers: { [key]: "!!!!!!!!!!!!!!!!!!!!!!==" } }, 400],
    ["two keys", { headers: { [key]: ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="] } }, 400],
    ["no version", { headers: { [version]: undefined } }, 400],
    ["version 7", { headers: { [version]: "7" } }, 400],
    ["version 99999999999", { headers: { [version]: "99999999999" } }, 400],
    ["a version in words", { headers: { [version]: "thirteen" } }, 400],
    ["two versions", { headers: { [version]: ["13", "13"] } }, 400],
    ["a subprotocol with a space", { headers: { [subprotocols]: "mini openclaw" } }, 400],
    ["a subprotocol that ends in a comma", { headers: { [subprotocols]: "mini-openclaw," } }, 400],
    ["a subprotocol twice", { headers: { [subprotocols]: "mini-openclaw, mini-openclaw" } }, 400],
    ["an empty list of subprotocols", { headers: { [subprotocols]: "" } }, 400],
    ["a foreign Host", { headers: { Host: "evil.example" } }, 403],
    ["a Host that begins like ours", { headers: { Host: "127.0.0.1.evil.example" } }, 403],
    [
      "a foreign Host that agrees with its Origin",
      { headers: { Host: "evil.example", Origin: "http://evil.example" } },
      403,
    ],
    ["a foreign Origin", { headers: { Origin: "https://evil.example" } }, 403],
    ["the Origin null", { headers: { Origin: "null" } }, 403],
    ["an empty Origin", { headers: { Origin: "" } }, 403],
    ["the Origin of another port", { headers: { Origin: "http://127.0.0.1:1" } }, 403],
    ["an Origin of file://", { headers: { Origin: "file://" } }, 403],
    ["an extension's Origin", { headers: { Origin: "chrome-extension://abcdefgh" } }, 403],
    ["two Origins", { headers: { Origin: ["http://evil.example", "http://evil.example"] } }, 403],
    ["an Origin with an escape sequence", { headers: { Origin: "http://\u00e9\u009b31m" } }, 403],
  ])("%s", async (_what, options, status) => {
    using client = await RawClient.connect(gateways.open.address);

    client.write(handshake(gateways.open.address, options));

    expect(await client.status()).toBe(status);
    await client.closed();
  });

  test("HTTP/1.0 counts as a request for a page and gets 404", async () => {
    using client = await RawClient.connect(gateways.open.address);

    client.write(
      handshake(gateways.open.address, { line: "GET / HTTP/1.0", headers: { Connection: "close" } }),
    );

    expect(await client.status()).toBe(404);
    await client.closed();
  });

  test("an incomplete handshake is cut off with its connection", async () => {
    using client = await RawClient.connect(gateways.open.address);

    client.socket.end(handshake(gateways.open.address).slice(0, 60));

    expect(await client.status()).toBe(400);
    await client.closed();
  });

  test("a handshake whose connection is reset leaves nothing behind", async () => {
    using client = await RawClient.connect(gateways.open.address);

    client.write(handshake(gateways.open.address));
    client.socket.resetAndDestroy();

    expect(await client.status()).toBe(0);
  });

  test("frames that come in one piece with the handshake are worked on after it", async () => {
    using client = await RawClient.connect(gateways.open.address);

    client.write(Buffer.concat([Buffer.from(handshake(gateways.open.address)), frame('{"type":"ping"}')]));

    expect(await client.status()).toBe(101);
    expect(JSON.parse(String((await client.frame())?.payload))).toMatchObject({ type: "connected" });
    expect(JSON.parse(String((await client.frame())?.payload))).toEqual({ type: "pong" });
  });
});

describe("credentials that are not right are refused before the upgrade", () => {
  const bearer = `Bearer ${token}`;
  test.each<[string, HandshakeOptions, number]>([
    ["none", {}, 401],
    ["a token in the URL", { line: `GET /?token=${token} HTTP/1.1` }, 401],
    ["a wrong token", { headers: { Authorization: `Bearer ${token}x` } }, 401],
    ["a token cut short", { headers: { Authorization: `Bearer ${token.slice(0, -1)}` } }, 401],
    ["a token in other letters", { headers: { Authorization: `Bearer ${token.toUpperCase()}` } }, 401],
    ["an empty Bearer", { headers: { Authorization: "Bearer " } }, 401],
    ["Basic", { headers: { Authorization: `Basic ${Buffer.from(`x:${token}`).toString("base64")}` } }, 401],
    ["the token without Bearer", { headers: { Authorization: token } }, 401],
    ["two Authorizations", { headers: { Authorization: [bearer, bearer] } }, 400],
    [
      "a header and a subprotocol",
      { headers: { Authorization: bearer, [subprotocols]: `mini-openclaw, bearer.${token}` } },
      400,
    ],
    ["two subprotocols", { headers: { [subprotocols]: `bearer.${token}, bearer.x` } }, 400],
    ["a wrong subprotocol", { headers: { [subprotocols]: "mini-openclaw, bearer.x" } }, 401],
    ["the token itself as cookie", { headers: { Cookie: `mini_openclaw=${token}` } }, 401],
    ["an empty cookie", { headers: { Cookie: "mini_openclaw=" } }, 401],
    ["a cookie with another's name in front", { headers: { Cookie: `x_mini_openclaw=${token}` } }, 401],
    ["another query than auth=frame", { line: "GET /?auth=frames HTTP/1.1" }, 401],
    ["a broken query", { line: "GET /?auth=%E0%A4%A HTTP/1.1" }, 401],
    [
      "the right token on a foreign page",
      { headers: { Authorization: bearer, Origin: "https://evil.example" } },
      403,
    ],
  ])("%s", async (_what, options, status) => {
    using client = await RawClient.connect(gateways.guarded.address);

    client.write(handshake(gateways.guarded.address, options));

    const { status: given, lines } = await client.head();
    expect(given).toBe(status);
    expect(lines.includes("WWW-Authenticate: Bearer")).toBe(status === 401);
    await client.closed();
  });
});
