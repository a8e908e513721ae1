import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, launchBrowser, openPage, rowsOf, say, whyNoBrowser } from "./browser.ts";
import { startGateway } from "./test-gateway.ts";

/**
 * The colour behind everything, as the browser has painted it: of one pixel in a corner, in sRGB.
 */
async function paintedOn(page: Page): Promise<"light" | "dark"> {
  const image = await page.screenshot({ clip: { x: 0, y: 0, width: 1, height: 1 } });
  const brightness = await page.evaluate(
    async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
      const context = new OffscreenCanvas(1, 1).getContext("2d");
      context?.drawImage(bitmap, 0, 0);
      return context?.getImageData(0, 0, 1, 1).data[0];
    },
    [...image],
  );
  return (brightness ?? 0) > 127 ? "light" : "dark";
}

describe.skipIf(whyNoBrowser)("themes and languages", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test.each(["light", "dark"] as const)(
    "follows a device that is %s, until another theme is chosen",
    async (device) => {
      await using gateway = await startGateway();
      await using tab = await openPage(browser, gateway.url, { colorScheme: device });
      const { page } = tab;
      await page.getByText("Connected").waitFor();
      expect(await paintedOn(page)).toBe(device);
      expect(await page.getByRole("radio", { name: "System" }).isChecked()).toBe(true);

      const other = device === "light" ? "dark" : "light";
      await page.getByRole("radio", { name: other }).check();
      expect(await paintedOn(page)).toBe(other);
      await page.reload();
      await page.getByText("Connected").waitFor();
      expect([await paintedOn(page), await page.getByRole("radio", { name: other }).isChecked()]).toEqual([
        other,
        true,
      ]);

      await page.getByRole("radio", { name: "System" }).check();
      await page.reload();
      expect(await paintedOn(page)).toBe(device);
      expect(tab.complaints).toEqual([]);
    },
  );

  test.each([
    ["dark", "light"],
    ["light", "dark"],
  ] as const)(
    "paints the first frame %s where that was chosen, on a device that is %s",
    async (chosen, device) => {
      await using gateway = await startGateway();
      await using tab = await openPage(browser, gateway.url, { colorScheme: device });
      const { page } = tab;
      await page.getByRole("radio", { name: chosen }).check();
      // Nothing of the page but its HTML and what holds up the first frame: the page's own script
      // never comes.
      await page.route("**/page.js", () => {});
      await page.reload({ waitUntil: "commit" });
      await page.evaluate(
        () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
      );
      expect(await page.locator("body > *:not(noscript)").count()).toBe(0);

      expect(await paintedOn(page)).toBe(chosen);
    },
  );

  test("never shows a frame in another theme while it loads", async () => {
    await using gateway = await startGateway();
    await using tab = await openPage(browser, gateway.url, { colorScheme: "light" });
    const { page } = tab;
    await page.getByRole("radio", { name: "dark" }).check();
    expect(await paintedOn(page)).toBe("dark");
    const session = await page.context().newCDPSession(page);
    const frames: string[] = [];
    session.on("Page.screencastFrame", ({ data, sessionId }) => {
      frames.push(data);
      void session.send("Page.screencastFrameAck", { sessionId });
    });
    await session.send("Page.startScreencast", { format: "png", everyNthFrame: 1 });
    // The number of frames depends on the browser.
    for (let count = 0; count < 3 || frames.length <= 3; count += 1) {
      await page.reload();
      await page.getByText("Connected").waitFor();
    }
    await session.send("Page.stopScreencast");

    // Of each frame, the pixel in the middle of its upper edge, where nothing is written.
    const brightness = await page.evaluate(
      (images) =>
        Promise.all(
          images.map(async (base64) => {
            const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
            const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
            const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
            context?.drawImage(bitmap, 0, 0);
            return context?.getImageData(bitmap.width / 2, 2, 1, 1).data[0] ?? 255;
          }),
        ),
      frames,
    );
    expect(Math.max(...brightness)).toBeLessThan(64);
  });

  test("changes the language at once and remembers it, and keeps the draft", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("main").getByText("Hello.").waitFor();
    await page.getByRole("textbox", { name: "Message" }).fill("not sent yet");

    await page.getByRole("radio", { name: "中文" }).check();
    const box = page.getByRole("textbox", { name: "消息" });
    expect(await box.inputValue()).toBe("not sent yet");
    await eventually(() => rowsOf(page)).toEqual(["user: 你: one", "assistant: 助手: Hello."]);
    expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
    expect(
      await page.getByRole("radio", { name: "中文" }).evaluate((one) => one === document.activeElement),
    ).toBe(true);
    await page.getByRole("heading", { name: "今天" }).waitFor();
    expect(tab.requests.filter((url) => url.endsWith("page.js"))).toHaveLength(1);

    await page.reload();
    await page.getByText("已连接").waitFor();
    expect(await page.getByRole("radio", { name: "中文" }).isChecked()).toBe(true);
    await page.getByRole("radio", { name: "English" }).check();
    await page.getByText("Connected").waitFor();
    expect(tab.complaints).toEqual([]);
  });

  test("shows no English text in 中文", async () => {
    await using gateway = await startGateway({ demo: true });
    await using tab = await openPage(browser, gateway.url, { locale: "zh-CN" });
    const { page } = tab;
    await page.getByText("已连接").waitFor();

    const english = await page.evaluate(() => {
      const said: string[] = [];
      // Names of keys are the same in both languages.
      for (const one of document.querySelectorAll<HTMLElement>("body *:not([lang=en], kbd)")) {
        for (const name of ["aria-label", "title", "placeholder"]) said.push(one.getAttribute(name) ?? "");
        for (const node of one.childNodes) if (node instanceof Text) said.push(node.data);
      }
      return said.filter((text) => /[a-z]/i.test(text) && !/\p{Script=Han}/u.test(text));
    });
    const sessionId = await page.locator(".session code").getAttribute("title");
    const names = ["Mini OpenClaw", "English", sessionId, sessionId?.slice(0, 13)];
    expect(english.filter((text) => !names.includes(text))).toEqual([]);
  });
});
