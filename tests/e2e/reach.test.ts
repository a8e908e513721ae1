import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startServer, temporaryDirectory } from "./server.ts";

const main = fileURLToPath(new URL("../../examples/mini-openclaw/dist/main.js", import.meta.url));
const token = "0123456789abcdef0123456789abcdef";

function link(cwd: string, env: Record<string, string>): Promise<{ out: string; err: string }> {
  const options = { cwd, env: { PATH: process.env["PATH"] ?? "", HOME: cwd, ...env } };
  return new Promise((resolve) => {
    execFile(process.execPath, [main, "link"], options, (_, out, err) => resolve({ out, err }));
  });
}

const statusOf = async (url: string, init: RequestInit = {}) =>
  (await fetch(url, { redirect: "manual", ...init })).status;

test("a server for others prints addresses that they can open, and a link that logs in once", async () => {
  await using folder = await temporaryDirectory();
  const env = { MINI_OPENCLAW_HOST: "0.0.0.0", MINI_OPENCLAW_TOKEN: token };
  await using server = await startServer(folder.path, env);

  expect(server.text()).toMatch(/^ {2}address +http:\/\/localhost:\d+\/ {2}\(needs the token\)$/m);
  expect(server.text()).not.toMatch(/http:\/\/0\.0\.0\.0/);
  const printed = /^Log in once, within ten minutes: http:\/\/[^/]+:(\d+)\/(enter\/\S+)$/m;
  await expect.poll(() => server.text()).toMatch(printed);
  const [, port, path] = printed.exec(server.text()) ?? [];
  const url = `http://127.0.0.1:${port}/${path}`;
  expect(await statusOf(url)).toBe(303);
  expect(await statusOf(url)).toBe(410);
});

test("the command prints another link of the server that runs", async () => {
  await using folder = await temporaryDirectory();
  const env = { MINI_OPENCLAW_TOKEN: token };
  expect((await link(folder.path, env)).err).toContain("No server runs with this data directory.");
  await using server = await startServer(folder.path, env);

  const { out } = await link(folder.path, env);
  const url = /http\S+/.exec(out)?.[0] ?? "";
  expect(url.startsWith(server.url)).toBe(true);
  expect(await statusOf(url)).toBe(303);
  const wrong = await link(folder.path, { MINI_OPENCLAW_TOKEN: "f".repeat(32) });
  expect(wrong.err).toContain("has another token. Set MINI_OPENCLAW_TOKEN to it.");

  await server.stop("SIGKILL");
  const { err } = await link(folder.path, env);
  expect(err).toBe(
    `The server at ${server.url} does not answer. End its process if there is one, and start it again: mini-openclaw start\n`,
  );
});

test("a public address allows its name and its page, and each token logs in", async () => {
  await using folder = await temporaryDirectory();
  const other = "fedcba9876543210fedcba9876543210";
  await using server = await startServer(folder.path, {
    MINI_OPENCLAW_TOKEN: token,
    MINI_OPENCLAW_EXTRA_TOKENS: other,
    MINI_OPENCLAW_PUBLIC_URL: "https://claw.example.com/claw/",
  });

  expect(server.url).toBe("https://claw.example.com/claw/");
  const port = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(server.text())?.[1];
  const sessions = `http://127.0.0.1:${port}/claw/sessions`;
  const from = (origin: string, secret = token) =>
    statusOf(sessions, { headers: { origin, authorization: `Bearer ${secret}` } });
  expect(await from("https://claw.example.com")).toBe(200);
  expect(await from("https://claw.example.com", other)).toBe(200);
  expect(await from("https://evil.example.com")).toBe(403);
  expect(server.text()).not.toContain(other);
});
