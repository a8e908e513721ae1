import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { attachedAccess, ownAccess } from "../src/auth/access.ts";

function request(host: string | undefined, origin?: string): IncomingMessage {
  return { headers: { host, origin } } as IncomingMessage;
}

describe("a gateway on loopback", () => {
  const access = ownAccess({ host: "127.0.0.1", port: 3210 }, {});

  test.each([
    ["127.0.0.1:3210", undefined],
    ["localhost:3210", undefined],
    ["LOCALHOST:3210", undefined],
    ["[::1]:3210", undefined],
    ["127.0.0.1:3210", "http://127.0.0.1:3210"],
    ["localhost:3210", "http://localhost:3210"],
  ])("lets in Host %s with Origin %s", (host, origin) => {
    expect(access(request(host, origin))).toBeUndefined();
  });

  test.each([
    [undefined, undefined],
    ["evil.example", undefined],
    ["evil.example:3210", "http://evil.example:3210"],
    ["127.0.0.1", undefined],
    ["127.0.0.1:3211", undefined],
    ["192.168.0.7:3210", undefined],
    ["localhost.evil.example:3210", undefined],
    ["127.0.0.1:3210", "null"],
    ["127.0.0.1:3210", ""],
    ["127.0.0.1:3210", "http://localhost:3210"],
    ["127.0.0.1:3210", "http://127.0.0.1:8080"],
    ["127.0.0.1:3210", "http://127.0.0.1:3210.evil.example"],
    ["127.0.0.1:3210", "http://127.0.0.1:32100"],
    ["127.0.0.1:3210", "file://"],
    ["127.0.0.1:3210", "https://evil.example"],
  ])("refuses Host %s with Origin %s", (host, origin) => {
    expect(access(request(host, origin))).toMatch(/not (a name of this gateway|allowed here)/);
  });

  test("the refusal repeats nothing that could harm a terminal", () => {
    expect(access(request("\u001b[31mevil\u202e"))).toBe(
      'Host "?[31mevil?" is not a name of this gateway; allowed are 127.0.0.1:3210, localhost:3210, [::1]:3210.',
    );
  });
});

test("port 80 is left out of Host by browsers", () => {
  expect(
    ownAccess({ host: "127.0.0.1", port: 80 }, {})(request("localhost", "http://localhost")),
  ).toBeUndefined();
});

test.each([
  ["127.0.0.2", "127.0.0.2:3210"],
  ["::1", "[::1]:3210"],
  ["claw.lan", "claw.lan:3210"],
])("what it was bound to, %s, is its name", (host, named) => {
  const access = ownAccess({ host, port: 3210 }, {});

  expect(access(request(named, `http://${named}`))).toBeUndefined();
  expect(access(request("127.0.0.3.evil.example:3210"))).toMatch(/not a name of this gateway/);
});

test("beyond loopback an IP address cannot be a foreign page's name, so it is let in", () => {
  const access = ownAccess({ host: "0.0.0.0", port: 3210 }, { allowedHosts: ["claw.example.com"] });

  expect(access(request("192.168.0.7:3210", "http://192.168.0.7:3210"))).toBeUndefined();
  expect(access(request("[fe80::1]:3210"))).toBeUndefined();
  expect(access(request("claw.example.com"))).toBeUndefined();
  expect(access(request("rebound.example:3210"))).toMatch(/not a name of this gateway/);
  expect(access(request("192.168.0.7:3210", "http://rebound.example:3210"))).toMatch(/not allowed here/);
});

describe("a gateway beside an app", () => {
  test("lets in the app's own pages and none else", () => {
    const access = attachedAccess({});

    expect(access(request("app.example", "https://app.example"))).toBeUndefined();
    expect(access(request("app.example"))).toBeUndefined();
    expect(access(request("app.example", "https://evil.example"))).toMatch(/not allowed here/);
  });

  test("lets in what the app allows", () => {
    const access = attachedAccess({
      allowedOrigins: ["https://chat.example"],
      allowedHosts: ["api.example"],
    });

    expect(access(request("api.example", "https://chat.example"))).toBeUndefined();
    expect(access(request("api.example", "https://chat.example.evil"))).toMatch(/not allowed here/);
    expect(access(request("other.example"))).toMatch(/not allowed here/);
  });
});
