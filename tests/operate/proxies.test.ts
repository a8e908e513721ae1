import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chatThrough } from "./phone.ts";
import { startCaddy, startNginx } from "./proxy.ts";

// A machine where nothing can be installed runs the other tests.
const lacks = (program: string) => !existsSync(program) || !existsSync("/usr/bin/chromium");

const expected = {
  answer: expect.stringContaining("README.md"),
  cookies: [expect.objectContaining({ secure: true, httpOnly: true })],
  statuses: [200, 200, 200, 200, 404],
};

describe("a chat on a phone with TLS, through", () => {
  test.skipIf(lacks("/usr/sbin/nginx"))("nginx, under a name of its own", async () => {
    const at = { name: "claw.example.com", path: "/" };
    expect(await chatThrough(at, (options) => startNginx("claw.conf", options))).toEqual(expected);
  });

  test.skipIf(lacks("/usr/sbin/nginx"))("nginx, under a path that it keeps", async () => {
    const at = { name: "www.example.com", path: "/claw/" };
    expect(await chatThrough(at, (options) => startNginx("claw-path.conf", options))).toEqual(expected);
  });

  test.skipIf(lacks("/usr/bin/caddy"))("Caddy", async () => {
    const at = { name: "claw.example.com", path: "/" };
    expect(await chatThrough(at, startCaddy)).toEqual(expected);
  });
});
