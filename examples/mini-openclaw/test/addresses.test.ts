import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { accessOf, localAddress, reachableAddresses } from "../src/reach/addresses.ts";

const none = { allowedHosts: [], allowedOrigins: [], extraTokens: [] };

test("without settings only the gateway's own rules hold", () => {
  expect(accessOf(none)).toEqual({ allowedHosts: [], allowedOrigins: [], path: "/", tokens: [] });
});

test("a public address allows its name and its pages, and names the path", () => {
  expect(accessOf({ ...none, publicUrl: "https://claw.example.com/claw/" })).toEqual({
    allowedHosts: ["claw.example.com"],
    allowedOrigins: ["https://claw.example.com", "http://claw.example.com"],
    path: "/claw/",
    tokens: [],
  });
});

test("further hosts, origins and tokens are added", () => {
  const rules = accessOf({
    publicUrl: "https://a.example:8443",
    allowedHosts: ["b.example"],
    allowedOrigins: ["https://c.example"],
    token: "t1",
    extraTokens: ["t2"],
  });

  expect(rules.allowedHosts).toEqual(["b.example", "a.example:8443"]);
  expect(rules.allowedOrigins).toEqual([
    ...["https://b.example", "http://b.example"],
    ...["https://a.example:8443", "http://a.example:8443", "https://c.example"],
  ]);
  expect(rules.tokens).toEqual(["t1", "t2"]);
});

test.each([
  ["127.0.0.1", "http://127.0.0.1:1/"],
  ["0.0.0.0", "http://localhost:1/"],
  ["::", "http://localhost:1/"],
  ["::1", "http://[::1]:1/"],
])("a browser of this machine reaches %s at %s", (host, address) => {
  expect(localAddress(host, 1)).toBe(address);
});

test("others reach the public address, or each address of the network, or none", () => {
  const publicUrl = "https://claw.example.com/claw";
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const others = own.filter(({ family, internal }) => family === "IPv4" && !internal);

  expect(reachableAddresses({ publicUrl, host: "127.0.0.1" }, 1)).toEqual([`${publicUrl}/`]);
  expect(reachableAddresses({ host: "127.0.0.1" }, 1)).toEqual([]);
  expect(reachableAddresses({ host: "0.0.0.0" }, 1)).toEqual(
    others.map(({ address }) => `http://${address}:1/`),
  );
});
