// The example on Next.js, built and started as its README says, in Chromium.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildExample, skipReason } from "./install.ts";

if (skipReason !== undefined) console.info(`The tests of Next.js are skipped: ${skipReason}.`);

describe.skipIf(skipReason !== undefined)("useChat with assistant-ui on Next.js", () => {
  let folder = "";
  let browser: Browser | undefined;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "next-use-chat-"));
    buildExample(folder);
    browser = await chromium.launch({
      executablePath: "/usr/bin/chromium",
      args: ["--headless", "--no-sandbox", "--disable-gpu"],
    });
  }, 600_000);
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  }, 300_000);

  async function send(page: Page, text: string): Promise<void> {
    await page.getByLabel("Message").fill(text);
    await page.getByRole("button", { name: "Send" }).click();
  }

  describe.each([
    ["a socket", ""],
    ["HTTP", "?http"],
  ])("over %s", (_over, query) => {
    let server: ChildProcess;
    let origin = "";

    beforeAll(async () => {
      rmSync(join(folder, "data"), { recursive: true, force: true });
      const env = { ...process.env, PORT: "0", NODE_ENV: "production" as const };
      const child = spawn("node", ["server.mjs"], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
      server = child;
      let output = "";
      while (!output.includes("http:")) output += String(((await once(child.stdout, "data")) as [Buffer])[0]);
      origin = /http:\S+/.exec(output)?.[0] ?? "";
    }, 60_000);
    afterAll(async () => {
      server.kill();
      await once(server, "exit");
    });

    async function openPage(): Promise<Page> {
      const page = (await browser?.newPage()) as Page;
      page.setDefaultTimeout(60_000);
      await page.goto(origin + query);
      return page;
    }

    test("answers, and a page that is loaded again has the chat", async () => {
      const page = await openPage();
      await send(page, "Hello");
      await page.getByText("You said: Hello").waitFor();
      await page.reload();
      await page.getByText("You said: Hello").waitFor();

      expect(await page.getByText("Hello").allTextContents()).toEqual(["Hello", "You said: Hello"]);
      await page.close();
    });

    test.each([
      ["Allow", "rm: gone"],
      ["Deny", "rm: Not allowed."],
    ])("continues a tool call after a reload and a click on %s", async (decision, result) => {
      const page = await openPage();
      const before = await page.getByText(result).count();
      await send(page, "remove");
      await page.getByRole("button", { name: decision }).waitFor();
      await page.reload();
      await page.getByRole("button", { name: decision }).click();

      await expect.poll(() => page.getByText(result).count(), { timeout: 60_000 }).toBe(before + 1);
      await page.getByText("You said: remove").last().waitFor();
      await page.close();
    });

    test("resumes an active run in another tab", async () => {
      const [page, other] = [await openPage(), await openPage()];
      await send(page, "wait");
      await page.getByText("Waiting.").waitFor();
      await other.reload();
      await other.getByText("Waiting.").waitFor();

      expect(await other.getByText("Waiting.").count()).toBe(1);
      await Promise.all([page.close(), other.close()]);
    });
  });
});
