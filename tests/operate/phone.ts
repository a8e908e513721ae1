import { chromium } from "playwright-core";
import { expect } from "vitest";
import { freePort } from "../../scripts/free-port.mjs";
import { startServer, temporaryDirectory } from "../e2e/server.ts";
import type { Proxy } from "./proxy.ts";

const token = "0123456789abcdef0123456789abcdef";

/**
 * Chats on a phone's page through a proxy, logged in by a link. `program` is the app's entry, by
 * default the built one.
 */
export async function chatThrough(
  { name, path, program }: { name: string; path: string; program?: string },
  start: (options: { folder: string; name: string; port: number; upstreamPort: number }) => Promise<Proxy>,
): Promise<{ answer: string; cookies: { secure: boolean; httpOnly: boolean }[]; statuses: number[] }> {
  await using folder = await temporaryDirectory();
  await using proxyFolder = await temporaryDirectory();
  const port = await freePort();
  const publicUrl = `https://${name}:${port}${path}`;
  const env = { MINI_OPENCLAW_TOKEN: token, MINI_OPENCLAW_PUBLIC_URL: publicUrl };
  await using server = await startServer(folder.path, env, program);
  const upstreamPort = Number(/^ {2}address +http:\/\/127\.0\.0\.1:(\d+)\//m.exec(server.text())?.[1]);
  await using _proxy = await start({ folder: proxyFolder.path, name, port, upstreamPort });
  await expect.poll(() => server.text()).toMatch(/^Log in once/m);
  const link = /^Log in once, within ten minutes: (\S+)$/m.exec(server.text())?.[1] ?? "";
  expect(link.startsWith(`${publicUrl}enter/`)).toBe(true);

  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", `--host-resolver-rules=MAP ${name} 127.0.0.1`],
  });
  try {
    const viewport = { width: 390, height: 844 };
    const context = await browser.newContext({
      viewport,
      hasTouch: true,
      isMobile: true,
      ignoreHTTPSErrors: true,
    });
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    await page.goto(link);
    expect(page.url()).toBe(publicUrl);
    await page.locator("form.composer textarea").fill("list the files");
    await page.locator("form.composer .send").tap();
    await page.locator(".answer-end").waitFor();
    const answer = await page.locator("main").innerText();
    const statuses = await page.evaluate(async () => {
      const paths = ["sessions?limit=1", "healthz", "login", "page.js", "nothing"];
      return Promise.all(paths.map(async (one) => (await fetch(one)).status));
    });
    const cookies = await context.cookies();
    return { answer, cookies, statuses };
  } finally {
    await browser.close();
  }
}
