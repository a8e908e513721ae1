import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { type AccessOptions, attachedAccess, ownAccess } from "../src/auth/access.ts";

function request(host: string | undefined, origin?: string, remoteAddress?: string): IncomingMessage {
  const rawHeaders = host === undefined ? [] : ["Host", host];
  return { headers: { host, origin }, rawHeaders, url: "/", socket: { remoteAddress } } as IncomingMessage;
}

const fail = (error: unknown) => {
  throw error;
};

/** Returns the reason of a refusal, or `undefined`. */
const own = (bound: { host: string; port: number }, options: AccessOptions = {}, hasToken = false) => {
  const access = ownAccess(bound, options, { hasToken, onFailure: fail });
  return (asked: IncomingMessage) => access(asked)?.reason;
};

const attached = (
  options: Parameters<typeof attachedAccess>[0],
  onExposed: (address: string) => void = () => undefined,
) => {
  const access = attachedAccess(options, { onExposed, onFailure: fail });
  return (asked: IncomingMessage) => access(asked)?.reason;
};

describe("a gateway on loopback", () => {
  const access = own({ host: "127.0.0.1", port: 3210 }, {});

  test.each([
    ["127.0.0.1:3210", undefined],
    ["localhost:3210", undefined],
    ["LOCALHOST:3210", undefined],
    ["[::1]:3210", undefined],
    ["127.0.0.1:3210", "http://127.0.0.1:3210"],
    ["localhost:3210", "http://localhost:3210"],
  ])("accepts Host %s with Origin %s", (host, origin) => {
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
      'Host "?[31mevil?" is not a name of this gateway. Allowed are 127.0.0.1:3210, localhost:3210, [::1]:3210. Add it to allowedHosts.',
    );
  });
});

test.each<[options: Parameters<typeof attachedAccess>[0], allowed: string]>([
  [{}, "Without `authenticate`, only localhost and IP addresses are. Add it to allowedHosts."],
  [
    { allowedHosts: ["a.example", "*.b.example"] },
    "Allowed are a.example, *.b.example. Add it to allowedHosts.",
  ],
  [{ allowedHosts: [() => false] }, "Add it to allowedHosts."],
  [{ allowedHosts: [], allowedHostsSetting: "CLAW_HOSTS" }, "Add it to CLAW_HOSTS."],
])("a refused Host in an app with %j names the setting", (options, allowed) => {
  expect(attached(options)(request("evil.example"))).toBe(
    `Host "evil.example" is not a name of this gateway. ${allowed}`,
  );
});

test("port 80 is left out of Host by browsers", () => {
  expect(own({ host: "127.0.0.1", port: 80 }, {})(request("localhost", "http://localhost"))).toBeUndefined();
});

test.each([
  ["127.0.0.2", "127.0.0.2:3210"],
  ["::1", "[::1]:3210"],
  ["claw.lan", "claw.lan:3210"],
])("accepts the name that it is bound to: %s", (host, named) => {
  const access = own({ host, port: 3210 }, {});

  expect(access(request(named, `http://${named}`))).toBeUndefined();
  expect(access(request("127.0.0.3.evil.example:3210"))).toMatch(/not a name of this gateway/);
});

test("beyond loopback accepts an IP address, which no foreign page can have as its name", () => {
  const access = own({ host: "0.0.0.0", port: 3210 }, { allowedHosts: ["claw.example.com"] });

  expect(access(request("192.168.0.7:3210", "http://192.168.0.7:3210"))).toBeUndefined();
  expect(access(request("[fe80::1]:3210"))).toBeUndefined();
  expect(access(request("claw.example.com"))).toBeUndefined();
  expect(access(request("rebound.example:3210"))).toMatch(/not a name of this gateway/);
  expect(access(request("192.168.0.7:3210", "http://rebound.example:3210"))).toMatch(
    /not (a name of this gateway|allowed here)/,
  );
});

test.each(["localhost", "app.localhost", "a.b.localhost:8080", "10.0.0.7", "[::1]:80"])(
  "beside an app without authenticate, the name %s is let in",
  (host) => {
    expect(attached({})(request(host, `http://${host}`))).toBeUndefined();
  },
);

test.each(["localhost.evil.example", "evillocalhost", "app.localhost.evil.example", "2130706433", ""])(
  "beside an app without authenticate, the name %j is refused",
  (host) => {
    expect(attached({})(request(host))).toMatch(/not a name of this gateway/);
  },
);

describe("a gateway with a token", () => {
  const access = own({ host: "127.0.0.1", port: 3210 }, {}, true);

  test.each(["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "localhost"])(
    "accepts the loopback name %s with any port, as tunnels and containers map it",
    (host) => {
      expect(access(request(host, `http://${host}`))).toBeUndefined();
      expect(own({ host: "127.0.0.1", port: 3210 }, {})(request(host))).toMatch(/not a name/);
    },
  );

  test.each([
    ["evil.example:8080", "http://evil.example:8080"],
    ["localhost.evil.example:8080", "http://localhost.evil.example:8080"],
    ["localhost:3210", "http://localhost:8080"],
  ])("refuses Host %s with Origin %s", (host, origin) => {
    expect(access(request(host, origin))).toMatch(/not (a name of this gateway|allowed here)/);
  });
});

test("a refusal names the operator's setting", () => {
  const settings = { allowedHostsSetting: "CLAW_HOSTS", allowedOriginsSetting: "CLAW_PAGES" };
  const access = own({ host: "::1", port: 3210 }, settings);

  expect(access(request("claw.example.com"))).toMatch(/Add it to CLAW_HOSTS\.$/);
  expect(access(request("[::1]:3210", "https://a.example"))).toMatch(/Allow others with CLAW_PAGES\.$/);
  expect(attached(settings)(request("localhost", "https://a.example"))).toMatch(/with CLAW_PAGES\.$/);
});

describe("a gateway beside an app", () => {
  test("with authenticate accepts the app's own pages and no others", () => {
    const access = attached({ authenticate: () => null });

    expect(access(request("app.example", "https://app.example"))).toBeUndefined();
    expect(access(request("app.example"))).toBeUndefined();
    expect(access(request("app.example", "https://evil.example"))).toMatch(
      /not (a name of this gateway|allowed here)/,
    );
    expect(access(request(undefined))).toMatch(/not (a name of this gateway|allowed here)/);
  });

  test("accepts what the app allows", () => {
    const access = attached({
      allowedOrigins: ["https://chat.example"],
      allowedHosts: ["api.example"],
    });

    expect(access(request("api.example", "https://chat.example"))).toBeUndefined();
    expect(access(request("api.example", "https://chat.example.evil"))).toMatch(
      /not (a name of this gateway|allowed here)/,
    );
    expect(access(request("other.example"))).toMatch(/not (a name of this gateway|allowed here)/);
  });

  describe("without authenticate and allowedHosts", () => {
    const access = attached({});

    test.each([
      "localhost",
      "localhost:3000",
      "LOCALHOST:80",
      "127.0.0.1:3000",
      "127.0.0.2",
      "[::1]:3000",
      "192.168.0.7",
      "[fe80::1]:3000",
    ])("accepts %s, which no foreign page can have as its name", (host) => {
      expect(access(request(host, `http://${host.toLowerCase()}`))).toBeUndefined();
    });

    test.each([
      "evil.example",
      "evil.example:3000",
      "EVIL.example:3000",
      "evil.example.",
      "localhost.evil.example:3000",
      "127.0.0.1.evil.example",
      "127.0.0.1.nip.io:3000",
      "evil.example:127",
      "localhost:3000.evil.example",
      "[::1].evil.example",
      "2130706433.example",
      "",
      undefined,
    ])("refuses the foreign name %s", (host) => {
      expect(access(request(host, `http://${host?.toLowerCase()}`))).toMatch(
        /not (a name of this gateway|allowed here)/,
      );
    });
  });

  test("warns once when another machine connects without authentication", () => {
    const warned: string[] = [];
    const onExposed = (address: string) => void warned.push(address);
    const from = (address: string) => request("192.168.0.7", undefined, address);
    const [open, asking] = [attached({}, onExposed), attached({ authenticate: () => null }, onExposed)];

    for (const address of ["127.0.0.1", "::ffff:127.0.0.1", "::1", "192.168.0.9", "192.168.0.8"]) {
      expect(open(from(address))).toBeUndefined();
      expect(asking(from(address))).toBeUndefined();
    }

    expect(warned).toEqual(["192.168.0.9"]);
  });
});
