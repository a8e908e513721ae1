import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { startGateway } from "./test-gateway.ts";

const pixel = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);
const hash = "a".repeat(64);

describe.skipIf(whyNoBrowser)("an image of the gateway in an answer", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("is shown by its short and by its whole address, and others stay links", async () => {
    const asked: string[] = [];
    await using gateway = await startGateway({
      serve({ url = "" }, response) {
        if (!url.includes("/blobs/")) return false;
        asked.push(url);
        response.writeHead(200, { "content-type": "image/png" }).end(pixel);
        return true;
      },
    });
    const shown = [`blobs/${hash}`, `/sessions/s1/blobs/${hash}`, `${gateway.url}sessions/s1/blobs/${hash}`];
    const others = [
      `https://evil.example/sessions/s1/blobs/${hash}`,
      `//evil.example/sessions/s1/blobs/${hash}`,
      `${gateway.url.replace("127.0.0.1", "127.0.0.2")}sessions/s1/blobs/${hash}`,
      `${gateway.url}sessions/s1/blobs/${hash}?next=https://evil.example`,
      `${gateway.url}sessions/s1/export`,
      `/sessions/s1/blobs/../../s2/export`,
      `/login`,
      `blobs/${hash}/../../export`,
      `blobs/${"A".repeat(64)}`,
    ];
    const images = [...shown, ...others].map((source, index) => `![No. ${index}](${source})`);
    gateway.answer = says(images.join("\n\n"));
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "images?");
    await page.locator(".answer-end").waitFor();
    const sessionId = new URL(page.url()).hash.slice("#/s/".length);

    await eventually(() =>
      page
        .locator(".markdown img")
        .evaluateAll((all) => all.filter((one) => (one as HTMLImageElement).naturalWidth === 1).length),
    ).toBe(3);
    expect([...new Set(asked)].sort()).toEqual(
      [`/sessions/${sessionId}/blobs/${hash}`, `/sessions/s1/blobs/${hash}`].sort(),
    );
    expect(tab.requests.filter((url) => url.includes("evil.example"))).toEqual([]);
    expect(tab.complaints).toEqual([]);
  });

  test("is enlarged by a click, and a link around it stays a link", async () => {
    await using gateway = await startGateway({
      answer: says(`![a chart](blobs/${hash})\n\n[![a badge](blobs/${hash})](https://example.com/)`),
      serve({ url = "" }, response) {
        if (!url.includes("/blobs/")) return false;
        response.writeHead(200, { "content-type": "image/png" }).end(pixel);
        return true;
      },
    });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "images?");
    await page.getByRole("button", { name: "Enlarge a chart" }).click();
    await page.getByRole("dialog", { name: "a chart" }).getByRole("img").waitFor();
    await page.keyboard.press("Escape");

    await page.getByRole("dialog").waitFor({ state: "detached" });
    expect(await page.locator(".markdown a img").getAttribute("alt")).toBe("a badge");
    expect(await page.locator(".markdown button").count()).toBe(1);
    expect(tab.complaints).toEqual([]);
  });

  test("that is gone leaves its description", async () => {
    await using gateway = await startGateway({ answer: says(`![a chart](blobs/${hash})`) });
    await using tab = await openPage(browser, gateway.url);
    await say(tab.page, "image?");

    await tab.page.locator(".markdown").getByText("a chart").waitFor();
    expect(await tab.page.locator(".markdown img").count()).toBe(0);
  });
});
