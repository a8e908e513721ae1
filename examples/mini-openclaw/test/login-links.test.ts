import { GatewayServer, textAgent } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { expect, onTestFinished, test } from "vitest";
import { createLoginLinks, type LoginLinks } from "../src/reach/login-links.ts";
import { loginText } from "../src/reach/login-text.ts";

const token = "0123456789abcdef0123456789abcdef";

async function start() {
  const gateway = new GatewayServer({ store: createMemoryStore(), agent: textAgent(() => "Hello.") });
  onTestFinished(() => gateway.close());
  let links: LoginLinks | undefined;
  const { port } = await gateway.listen({
    port: 0,
    token,
    serve: (request, response) => links?.answer(request, response) ?? false,
  });
  const address = `http://127.0.0.1:${port}/`;
  let time = 0;
  links = createLoginLinks({ address, token, now: () => time });
  const open = (path: string, headers: Record<string, string> = {}) =>
    fetch(new URL(path, address), { redirect: "manual", headers });
  return {
    links,
    address,
    open,
    wait: (ms: number) => {
      time += ms;
    },
  };
}

test("a link logs one browser in, once, and without the token in any answer", async () => {
  const { links, open } = await start();
  const path = links.create();

  const first = await open(path);
  const second = await open(path);

  expect([first.status, first.headers.get("location")]).toEqual([303, "../"]);
  const cookie = first.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
  expect(cookie).not.toContain(token);
  expect((await open("login", { cookie: cookie.split(";")[0] ?? "" })).status).toBe(200);
  expect(second.status).toBe(410);
  expect(await second.text()).toContain("mini-openclaw link");
});

test("sets a Secure cookie behind TLS", async () => {
  const { links, open } = await start();

  const answer = await open(links.create(), { "x-forwarded-proto": "https" });

  expect(answer.headers.get("set-cookie")).toMatch(/; Secure$/);
});

test("a link ends after ten minutes", async () => {
  const { links, open, wait } = await start();
  const [early, late] = [links.create(), links.create()];

  wait(599_999);
  expect((await open(early)).status).toBe(303);
  wait(1);
  expect((await open(late)).status).toBe(410);
});

test("a guessed link logs nobody in", async () => {
  const { links, open } = await start();
  links.create();

  for (const path of ["enter/x", "enter/", "enter/__proto__", "enter/constructor"])
    expect((await open(path)).status).toBe(410);
});

test("keeps the newest 100 links", async () => {
  const { links, open } = await start();
  const all = Array.from({ length: 101 }, () => links.create());

  expect((await open(all[0] ?? "")).status).toBe(410);
  expect((await open(all[1] ?? "")).status).toBe(303);
});

test("a client with the token gets a link, others do not", async () => {
  const { address, open } = await start();
  const ask = (headers: Record<string, string>) =>
    fetch(new URL("enter", address), { method: "POST", headers });

  expect((await ask({})).status).toBe(401);
  expect((await ask({ authorization: "Bearer wrong" })).status).toBe(401);
  const { path } = (await (await ask({ authorization: `Bearer ${token}` })).json()) as { path: string };
  expect((await open(path)).status).toBe(303);
});

test("prints a QR code in a terminal only", async () => {
  const addresses = ["http://192.168.1.5:3210/", "https://claw.example.com/claw/"];

  expect(await loginText(addresses, "enter/x", false)).toBe(
    "Log in once, within ten minutes: http://192.168.1.5:3210/enter/x\n" +
      "Log in once, within ten minutes: https://claw.example.com/claw/enter/x\n",
  );
  expect(await loginText(addresses, "enter/x", true)).toMatch(/\n[█▀▄ \n]{200,}\n$/);
});
