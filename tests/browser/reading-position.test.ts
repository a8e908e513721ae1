import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says, usesATool } from "./answers.ts";
import { eventually, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { pngOf } from "./png.ts";
import { startGateway } from "./test-gateway.ts";

const viewport = { width: 1280, height: 500 };
const image = `blobs/${"a".repeat(64)}`;

/** Returns the number of pixels below the reader. */
function pixelsBelow(page: Page): Promise<number> {
  return page
    .locator(".conversation")
    .evaluate((one) => Math.round(one.scrollHeight - one.scrollTop - one.clientHeight));
}

/** Waits until the page has painted what it has, and has reacted to the sizes of that. */
function painted(page: Page): Promise<void> {
  return page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
  );
}

/** Starts a gateway whose image comes when `send` is called. */
async function startWithLateImage() {
  let send = () => {};
  const gateway = await startGateway({
    answer: says(`${"words\n\n".repeat(30)}![a chart](${image})`),
    serve({ url = "" }, response) {
      if (!url.endsWith(image)) return false;
      send = () => response.writeHead(200, { "content-type": "image/png" }).end(pngOf(400));
      return true;
    },
  });
  return { gateway, send: () => send() };
}

/** Resolves when the answer is complete, and its image is on its way. */
async function askForChart(page: Page): Promise<void> {
  const asked = page.waitForRequest(`**/${image}`);
  await say(page, "chart?");
  await page.locator(".answer-end").waitFor();
  await asked;
}

const isLoaded = (page: Page) =>
  page.locator(".markdown img").evaluate((one) => (one as HTMLImageElement).naturalHeight === 400);

describe.skipIf(whyNoBrowser)("a reader of a conversation", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("at the end stays there when an image gets its height", async () => {
    const { gateway, send } = await startWithLateImage();
    await using _ = gateway;
    await using tab = await openPage(browser, gateway.url, { viewport });
    const { page } = tab;
    await askForChart(page);
    await eventually(() => pixelsBelow(page)).toBe(0);

    send();
    await eventually(() => isLoaded(page)).toBe(true);
    await painted(page);

    expect(await pixelsBelow(page)).toBe(0);
    expect(await page.locator(".to-newest").isVisible()).toBe(false);
  });

  test("who has scrolled up stays there when an image gets its height", async () => {
    const { gateway, send } = await startWithLateImage();
    await using _ = gateway;
    await using tab = await openPage(browser, gateway.url, { viewport });
    const { page } = tab;
    await askForChart(page);
    const scroller = page.locator(".conversation");
    await scroller.evaluate((one) => one.scrollTo(0, 200));
    await page.locator(".to-newest").waitFor();

    send();
    await eventually(() => isLoaded(page)).toBe(true);
    await painted(page);

    expect(await scroller.evaluate((one) => one.scrollTop)).toBe(200);
  });

  test("at the end sees the beginning of a part that a click opens", async () => {
    const output = "a line\n".repeat(60);
    await using gateway = await startGateway({
      async answer(message, run) {
        await usesATool(message, {
          ...run,
          show: (event) => run.show(event.type === "tool_done" ? { ...event, output } : event),
        });
      },
    });
    await using tab = await openPage(browser, gateway.url, { viewport });
    const { page } = tab;
    await say(page, "look");
    await page.locator(".answer-end").waitFor();
    const summary = page.locator(".tool summary");
    const before = await summary.boundingBox();

    await summary.click();
    await page.getByRole("group", { name: "Output" }).waitFor();
    await painted(page);

    expect((await summary.boundingBox())?.y).toBe(before?.y);
  });

  test("sees the bar of a code block at the upper edge", async () => {
    const code = `\`\`\`js\n${"let claw;\n".repeat(80)}\`\`\``;
    await using gateway = await startGateway({ answer: says(code) });
    await using tab = await openPage(browser, gateway.url, { viewport });
    const { page } = tab;
    await say(page, "code?");
    await page.locator(".answer-end").waitFor();
    const scroller = page.locator(".conversation");
    await scroller.evaluate((one) => one.scrollTo(0, 400));

    const [bar, edge] = [await page.locator(".code-bar").boundingBox(), await scroller.boundingBox()];
    expect(bar?.y).toBe(edge?.y);
  });
});
