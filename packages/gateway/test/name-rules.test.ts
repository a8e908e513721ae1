import { describe, expect, test } from "vitest";
import { compileHosts, compileOrigins, type NameRule } from "../src/auth/name-rules.ts";
import { RawClient } from "./raw-client.ts";
import { testGateway } from "./test-gateway.ts";

describe("allowedHosts", () => {
  test.each<[rule: NameRule, matches: string[], others: string[]]>([
    [
      "claw.example.com",
      ["claw.example.com"],
      ["example.com", "x.claw.example.com", "claw.example.com.evil"],
    ],
    ["CLAW.example.com", ["claw.example.com"], []],
    ["claw.example.com:443", ["claw.example.com"], ["claw.example.com:8443"]],
    ["claw.example.com:8443", ["claw.example.com:8443"], ["claw.example.com"]],
    ["::1", ["[::1]"], ["::1"]],
    ["[::1]:3000", ["[::1]:3000"], ["[::1]"]],
    ["m\u00fcller.example", ["xn--mller-kva.example"], []],
    [
      "*.example.com",
      ["a.example.com", "a.b.example.com"],
      ["example.com", ".example.com", "evil-example.com"],
    ],
    ["*.example.com:8080", ["a.example.com:8080"], ["a.example.com", "x:1.example.com:8080"]],
    [(name) => name.startsWith("a"), ["a.example"], ["b.example"]],
  ])("%s matches its names and no others", (rule, matches, others) => {
    const isAllowed = compileHosts([rule]);

    expect(matches.map((name) => isAllowed(name))).toEqual(matches.map(() => true));
    expect(others.map((name) => isAllowed(name))).toEqual(others.map(() => false));
  });

  test.each([
    "https://claw.example.com",
    "claw.example.com/",
    "claw.example.com/claw",
    "user@claw.example.com",
    "",
    "two names",
    "claw.*.com",
    "*",
    "a.example,b.example",
    1 as unknown as string,
  ])("%j is refused, with what it must be", async (rule) => {
    await expect(testGateway({ allowedHosts: [rule] })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining("`allowedHosts` must hold host names such as claw.example.com, got"),
    });
  });
});

describe("allowedOrigins", () => {
  test.each<[rule: NameRule, matches: string[], others: string[]]>([
    ["https://chat.example", ["https://chat.example"], ["http://chat.example", "https://chat.example:8443"]],
    ["https://chat.example/", ["https://chat.example"], []],
    ["https://Chat.Example:443", ["https://chat.example"], []],
    ["http://localhost:5173", ["http://localhost:5173"], ["http://localhost"]],
    ["https://*.chat.example", ["https://a.chat.example"], ["https://chat.example", "http://a.chat.example"]],
    ["chrome-extension://abcdefgh", ["chrome-extension://abcdefgh"], []],
    ["tauri://localhost/", ["tauri://localhost"], []],
    ["null", ["null"], [""]],
  ])("%s matches its origins and no others", (rule, matches, others) => {
    const isAllowed = compileOrigins([rule]);

    expect(matches.map((name) => isAllowed(name))).toEqual(matches.map(() => true));
    expect(others.map((name) => isAllowed(name))).toEqual(others.map(() => false));
  });

  test.each(["chat.example", "https://chat.example/page", "https://", "https://a b", "//chat.example", "*"])(
    "%j is refused, with what it must be",
    async (rule) => {
      await expect(testGateway({ allowedOrigins: [rule] })).rejects.toMatchObject({
        code: "INVALID_OPTION",
        message: expect.stringContaining(
          "`allowedOrigins` must hold origins such as https://chat.example.com, got",
        ),
      });
    },
  );
});

test.each<[how: string, rule: () => never]>([
  [
    "throws",
    () => {
      throw new Error("no list");
    },
  ],
  ["is an async function", () => Promise.reject(new Error("no list")) as never],
])("a rule that %s refuses with 500 and is reported", async (_how, rule) => {
  await using gateway = await testGateway({ allowedHosts: [rule] });
  using client = await RawClient.connect(gateway.address);

  client.write("GET /sessions HTTP/1.1\r\nHost: claw.example.com\r\n\r\n");

  expect(await client.status()).toBe(500);
  expect((await gateway.get("/sessions")).status).toBe(200);
  expect(gateway.failures).toEqual([expect.stringContaining("allowedHosts or allowedOrigins: ")]);
});
