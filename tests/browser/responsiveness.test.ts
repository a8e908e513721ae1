import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { notedIn, report, section, streams, styledElements, watchTasks } from "./page-load.ts";
import { startGateway } from "./test-gateway.ts";

// As fast as a key that is held down repeats.
const KEY_MS = 30;

const sections = (count: number) => Array.from({ length: count }, (_, index) => section(index)).join("\n\n");

describe.skipIf(whyNoBrowser)("a page that has much to show", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test.each([
    ["a mixed answer", "claw", sections(440)],
    ["one code block", "claw", `\`\`\`ts\n${"export const claw = 12345; // how many\n".repeat(5200)}\`\`\``],
    ["one list", "an item with stress", "- an item with **stress** and `code`\n".repeat(5500)],
    ["one list in a list", "an item", `- top\n${"  - an item with **stress** and `code`\n".repeat(5200)}`],
    ["one table", "row", `| a | b |\n|---|---|\n${"| a row with **stress** | and `code` |\n".repeat(5200)}`],
  ])("stays usable while 200 kB stream into it: %s", async (what, words, text) => {
    await using gateway = await startGateway({ answer: streams(text) });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await watchTasks(page);
    await say(page, "go");
    await page.locator(".assistant.streaming").waitFor();
    const box = page.getByRole("textbox", { name: "Message" });
    let typed = "";
    let isOver = false;
    const end = page
      .locator(".answer-end")
      .waitFor()
      .finally(() => {
        isOver = true;
      });
    await box.focus();
    // A locator would search the whole page for each key, for longer than the page needs for it.
    for (; !isOver; typed += "x") await page.keyboard.press("x", { delay: KEY_MS });
    await end;
    // A key is noted once the frame after it is painted.
    await eventually(async () => (await notedIn(page)).inputs.length).toBeGreaterThanOrEqual(typed.length);
    const noted = await notedIn(page);
    report(`200 kB, ${what} (${text.length} characters)`, noted);

    expect(await box.inputValue()).toBe(typed);
    expect(await page.locator(".markdown").textContent()).toContain(words);
  });

  test("styles only the new elements while a list grows", async () => {
    const item = "- an item with **stress** and `code`\n";
    let showRest = () => {};
    const mayShowRest = new Promise<void>((resolve) => {
      showRest = resolve;
    });
    await using gateway = await startGateway({
      async answer(message, run) {
        run.show({ type: "chunk", messageId: "a1", content: item });
        await mayShowRest;
        await streams(item.repeat(1999), item)(message, run);
      },
    });
    await using tab = await openPage(browser, gateway.url);
    const items = tab.page.locator(".markdown li");
    await say(tab.page, "go");
    await items.waitFor();
    const counts = await styledElements(browser, async () => {
      showRest();
      await tab.page.locator(".answer-end").waitFor();
      await eventually(() => items.count()).toBe(2000);
    });

    // A step adds about 30 items of five elements.
    expect(Math.max(...counts)).toBeLessThan(300);
  });
});
