import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { startGateway } from "./test-gateway.ts";

const rightToLeft = `مرحبا بالعالم، مع كلمة English في الوسط.

- شيء أول
- شيء ثان

\`\`\`
مرحبا
\`\`\`

Left to right, with مرحبا in it.`;

describe.skipIf(whyNoBrowser)("layout", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("only the conversation scrolls, never the page with its header", async () => {
    await using gateway = await startGateway({ answer: says("word ".repeat(2000)) });
    await using tab = await openPage(browser, gateway.url, { viewport: { width: 700, height: 500 } });
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("button", { name: "Regenerate" }).waitFor();
    await say(page, "two");
    await eventually(() => page.locator(".bubble").count()).toBe(2);

    // As the browser's own search does, and screen readers.
    await page
      .locator(".bubble")
      .last()
      .evaluate((one) => one.scrollIntoView({ block: "start" }));

    expect(await page.evaluate(() => document.scrollingElement?.scrollTop)).toBe(0);
    expect((await page.locator("header").boundingBox())?.y).toBe(0);
  });

  test("text that is written from right to left is shown so, and code is not", async () => {
    await using gateway = await startGateway({ answer: says(rightToLeft) });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "مرحبا");
    await page.getByRole("button", { name: "Regenerate" }).waitFor();
    const directionOf = (selector: string) =>
      page.locator(selector).evaluateAll((all) => all.map((one) => getComputedStyle(one).direction));

    expect(await directionOf(".bubble")).toEqual(["rtl"]);
    expect(await directionOf(".markdown p, .markdown ul, .markdown pre")).toEqual([
      "rtl",
      "rtl",
      "ltr",
      "ltr",
    ]);
    await page.getByRole("textbox", { name: "Message" }).fill("مرحبا");
    expect(await directionOf("textarea")).toEqual(["rtl"]);
  });

  test("a notice about a session with a very long title stays short and complete", async () => {
    await using gateway = await startGateway();
    const { sessionId } = await gateway.store.createSession("webchat");
    await gateway.store.appendMessage(sessionId, { role: "user", content: "one", timestamp: 1 });
    await gateway.store.renameSession(sessionId, "W".repeat(200));
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.locator(".session-row a").hover();
    await page.locator(".session-menu").click();
    await page.getByRole("menuitem", { name: "Archive" }).click();

    await eventually(() => page.locator(".toast span").innerText()).toBe(`Archived “${"W".repeat(60)}…”.`);
  });

  test("the button for more sessions is no larger than a session", async () => {
    await using gateway = await startGateway();
    for (let index = 0; index < 31; index += 1) {
      const { sessionId } = await gateway.store.createSession("webchat");
      await gateway.store.appendMessage(sessionId, { role: "user", content: `${index}`, timestamp: 1 });
    }
    await using tab = await openPage(browser, gateway.url);
    const sizeOf = (selector: string) =>
      tab.page
        .locator(selector)
        .first()
        .evaluate((one) => Number.parseFloat(getComputedStyle(one).fontSize));
    await tab.page.getByRole("button", { name: "Show more chats" }).waitFor();

    expect(await sizeOf(".more")).toBeLessThanOrEqual(await sizeOf(".session-title"));
  });

  test("on a phone, a session's title and its menu are at one height, and so are what is written and its buttons", async () => {
    await using gateway = await startGateway();
    const { sessionId } = await gateway.store.createSession("webchat");
    await gateway.store.appendMessage(sessionId, { role: "user", content: "one", timestamp: 1 });
    const viewport = { width: 390, height: 844 };
    await using tab = await openPage(browser, gateway.url, { viewport, hasTouch: true, isMobile: true });
    const { page } = tab;
    const middleOf = (selector: string) =>
      page.locator(selector).evaluate((one) => {
        const { top, height } = one.getBoundingClientRect();
        return Math.round(top + height / 2);
      });

    await page.locator(".session-title").waitFor({ state: "attached" });

    expect(await middleOf(".session-title")).toBe(await middleOf(".session-menu"));
    expect(await middleOf("textarea")).toBe(await middleOf("footer .send"));
  });

  test.each([
    ["a phone", 2, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
    ["a desktop", 1, { viewport: { width: 1280, height: 740 } }],
  ])("on %s, the choices of theme and language stand apart, in lines: %i", async (_, lineCount, look) => {
    await using gateway = await startGateway({ showSettings: true });
    await using tab = await openPage(browser, gateway.url, look);
    const { page } = tab;
    if (lineCount > 1) await page.getByRole("button", { name: "Chats" }).click();
    await page.locator(".settings").waitFor();

    const boxes = await page.locator(".settings .option, .settings button").evaluateAll((all) =>
      all.map((one) => {
        const { left, right, top } = one.getBoundingClientRect();
        return { left: Math.round(left), right: Math.round(right), top: Math.round(top) };
      }),
    );
    const [last] = boxes.map(({ right }) => right).sort((one, other) => other - one);
    const covered = boxes.filter(({ right, top }, index) => {
      const next = boxes[index + 1];
      return next?.top === top && next.left < right;
    });
    expect(covered).toEqual([]);
    expect(last).toBeLessThan(look.viewport.width);
    expect(new Set(boxes.map(({ top }) => top)).size).toBe(lineCount);
    expect(boxes.length).toBe(7);
  });

  test("the results of a search begin at the top, whatever the scroll position was", async () => {
    await using gateway = await startGateway();
    for (let index = 0; index < 60; index += 1) {
      const { sessionId } = await gateway.store.createSession("webchat");
      await gateway.store.appendMessage(sessionId, {
        role: "user",
        content: `talk ${index % 2 === 0 ? "of whales" : ""}`,
        timestamp: 1,
      });
    }
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const list = page.locator(".session-list");
    await page.getByRole("button", { name: "Show more chats" }).scrollIntoViewIfNeeded();
    expect(await list.evaluate((one) => one.scrollTop)).toBeGreaterThan(0);

    await page.getByRole("searchbox").fill("whales");
    await page.locator(".sessions mark").first().waitFor();

    await eventually(() => list.evaluate((one) => one.scrollTop)).toBe(0);
  });

  test("numbers in a table stay in one piece on a phone", async () => {
    const words = "some words that need room";
    const answer = `| a | b | c |\n|---|--:|---|\n| ${words} | 1 240 ms | ${words} |\n`;
    await using gateway = await startGateway({ answer: says(answer) });
    await using tab = await openPage(browser, gateway.url, { viewport: { width: 390, height: 844 } });
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("button", { name: "Regenerate" }).waitFor();

    const lines = page.locator("td[align=right]").evaluate((cell) => {
      const range = document.createRange();
      range.selectNodeContents(cell);
      return range.getClientRects().length;
    });
    expect(await lines).toBe(1);
  });
});
