import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, launchBrowser, openPage, whyNoBrowser } from "./browser.ts";
import { startGateway, type TestGateway } from "./test-gateway.ts";

const timestamp = 1;

/** Adds a session in which the message at `index` of `count` has the text. */
async function addSession(
  { store }: TestGateway,
  { count, index, content }: { count: number; index: number; content: string },
): Promise<void> {
  const { sessionId } = await store.createSession("webchat");
  const messages = Array.from({ length: count }, (_, at) => {
    const fields = { timestamp, runId: `run-${Math.floor(at / 2)}` };
    const text = at === index ? content : `No. ${at}.`;
    return at % 2 === 0
      ? ({ role: "user", content: text, ...fields } as const)
      : ({ role: "assistant", content: text, ...fields } as const);
  });
  await store.appendMessages(sessionId, messages);
}

/** Searches, and opens the only session that is found. */
async function openHit(page: Page, text: string): Promise<void> {
  await page.getByRole("searchbox").fill(text);
  await page.locator(".session-excerpt mark").first().waitFor();
  await page.locator(".sessions a").click();
}

/** Returns the marked texts that are on the screen. */
function markedOn(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...(CSS.highlights.get("found") ?? [])].flatMap((found) => {
      const range = found as Range;
      const { top, bottom } = range.getBoundingClientRect();
      const screen = document.querySelector(".conversation")?.getBoundingClientRect();
      return screen && top >= screen.top && bottom <= screen.bottom ? [range.toString()] : [];
    }),
  );
}

describe.skipIf(whyNoBrowser)("a message that a search found", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test.each([
    ["İİİ hava durumu nasıl?", "durumu", "durumu"],
    ["Der Ｆｕｌｌ width claw ﬁn", "claw", "claw"],
    ["Cafe\u0301 de la claw", "la claw", "la claw"],
    ["**安装：**先装依赖。", "先装", "先装"],
  ])("is scrolled to, and the text in it is marked: %s", async (content, searched, marked) => {
    await using gateway = await startGateway();
    await addSession(gateway, { count: 200, index: 40, content });
    await using tab = await openPage(browser, gateway.url);
    await openHit(tab.page, searched);

    await eventually(() => markedOn(tab.page)).toEqual([marked]);
    expect(tab.complaints).toEqual([]);
  });

  test("keeps its mark in code that is highlighted later", async () => {
    await using gateway = await startGateway();
    const content = "```ts\nconst unicorn = 1;\n```";
    await addSession(gateway, { count: 200, index: 41, content });
    await using tab = await openPage(browser, gateway.url);
    await openHit(tab.page, "unicorn");
    await tab.page.locator(".hljs-keyword").waitFor();

    await eventually(() => markedOn(tab.page)).toEqual(["unicorn"]);
  });

  test("is in the middle of 10,000 messages, which are shown around it in both directions", async () => {
    await using gateway = await startGateway();
    await addSession(gateway, { count: 10_000, index: 5000, content: "Here is the unicorn." });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByRole("searchbox").fill("unicorn");
    await page.locator(".session-excerpt mark").waitFor();
    const ms = await page.evaluate(async () => {
      const start = performance.now();
      document.querySelector<HTMLElement>(".sessions a")?.click();
      while (!CSS.highlights.has("found")) await new Promise((resolve) => requestAnimationFrame(resolve));
      return performance.now() - start;
    });
    console.log(`10,000 messages, opened in the middle by a hit: ${Math.round(ms)} ms`);

    await eventually(() => markedOn(page)).toEqual(["unicorn"]);
    // Neighbors are there, and the elements of the others are not.
    await page.getByRole("main").getByText("No. 4999.").waitFor();
    await page.getByRole("main").getByText("No. 5001.").waitFor();
    expect(await page.locator(".row").count()).toBeLessThan(700);

    await page.locator(".conversation").evaluate((one) => one.scrollBy(0, 1200));
    await page.locator(".conversation").evaluate((one) => one.scrollBy(0, 1200));
    await page.getByRole("main").getByText("No. 5020.").waitFor();
    await page.getByRole("button", { name: "newest" }).click();
    await page.getByRole("main").getByText("No. 9999.").waitFor();
    expect(tab.complaints).toEqual([]);
  });

  test("is found in the folded output of a tool, which opens", async () => {
    await using gateway = await startGateway();
    const { sessionId } = await gateway.store.createSession("webchat");
    const run = { runId: "run-1", timestamp };
    const toolCalls = [{ callId: "c1", toolName: "bash", input: { command: "ls" } }];
    await gateway.store.appendMessages(sessionId, [
      { role: "user", content: "files?", ...run },
      { role: "assistant", content: "Look.", toolCalls, ...run },
      { role: "tool", callId: "c1", toolName: "bash", content: "unicorn.txt", isError: false, ...run },
      { role: "assistant", content: "One.", ...run },
    ]);
    await using tab = await openPage(browser, gateway.url);
    await openHit(tab.page, "unicorn");

    await eventually(() => markedOn(tab.page)).toEqual(["unicorn"]);
    expect(await tab.page.locator(".tool").evaluate((one) => (one as HTMLDetailsElement).open)).toBe(true);
  });

  test("is shown by its address, and the address becomes that of the session", async () => {
    await using gateway = await startGateway();
    await addSession(gateway, { count: 300, index: 10, content: "Here is the unicorn." });
    const [session] = (await gateway.store.listSessions()).sessions;
    let seq = 0;
    for await (const { message } of gateway.store.searchSessions("unicorn")) seq = message?.seq ?? 0;
    await using tab = await openPage(browser, `${gateway.url}#/s/${session?.sessionId}/${seq}`);
    const { page } = tab;

    await eventually(() => page.evaluate(() => document.activeElement?.textContent ?? "")).toContain(
      "unicorn",
    );
    expect(new URL(page.url()).hash).toBe(`#/s/${session?.sessionId}`);
  });
});
