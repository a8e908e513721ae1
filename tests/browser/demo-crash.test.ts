import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, launchBrowser, openPage, rowsOf, say, whyNoBrowser } from "./browser.ts";

const script = fileURLToPath(new URL("../../scripts/demo-crash.mjs", import.meta.url));

describe.skipIf(whyNoBrowser)("npm run demo:crash", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("kills the server during an answer, and the page continues by itself", async () => {
    const demo = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    const exit = once(demo, "exit");
    try {
      const lines = createInterface({ input: demo.stdout })[Symbol.asyncIterator]();
      const [address = ""] = /http:\S+/.exec((await lines.next()).value ?? "") ?? [];
      await using tab = await openPage(browser, address);
      const { page } = tab;
      let asked = 0;
      // Where the machine is busy the kill may come after the answer: then it is the turn of the
      // next but one.
      do {
        await say(page, "What can you do?");
        await page.getByText("Connection lost.").waitFor();
        await say(page, "And what else can you do?");
        asked += 2;
        await eventually(() => page.locator(".answer-end").count()).toBe(asked);
      } while ((await page.getByText("Interrupted here").count()) === 0);

      const rows = (await rowsOf(page)).slice(-4);
      expect(rows.map((row) => row.split(":", 1).join(""))).toEqual([
        "user",
        "assistant",
        "user",
        "assistant",
      ]);
      const [, cut = "", , whole = ""] = rows.map((row) => row.replace(/^assistant: /, ""));
      const said = cut.replace(" Interrupted here", "");
      expect([said.length > 20, whole.startsWith(said), whole.length > said.length]).toEqual([
        true,
        true,
        true,
      ]);
    } finally {
      demo.kill("SIGTERM");
      await exit;
    }
  });
});
