import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, launchBrowser, openPage, say, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;
const code = 'const claw = "<b>";\n// seven\nreturn claw;';

describe.skipIf(whyNoBrowser)("code in an answer", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("has colors, its language and a copy button, and announces the copy", async () => {
    await using gateway = await startGateway({ answer: says(`Look:\n\n\`\`\`ts\n${code}\n\`\`\``) });
    await using tab = await openPage(browser, gateway.url, {
      permissions: ["clipboard-read", "clipboard-write"],
    });
    const { page } = tab;
    await say(page, "code?");
    await page.locator(".code .hljs-comment").waitFor();
    // After its end nothing else is announced to screen readers.
    await page.locator(".answer-end").waitFor();

    expect(await page.locator(".code-language").innerText()).toBe("ts");
    expect(await page.locator(".code code").textContent()).toBe(`${code}\n`);
    expect(await page.locator(".code code span").allInnerTexts()).toEqual([
      "const",
      '"<b>"',
      "// seven",
      "return",
    ]);
    await page.locator(".code").getByRole("button", { name: "Copy" }).click();
    await eventually(() => page.locator("[aria-live]").innerText()).toBe("Copied");

    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${code}\n`);
    expect(tab.complaints).toEqual([]);
  });

  test("is coloured when it is complete, and grows without being made anew until then", async () => {
    let next = () => {};
    const answer: Answer = async (_, { show }) => {
      show({ type: "chunk", messageId: "a1", content: "```js\nlet a;\n" });
      await new Promise<void>((resolve) => {
        next = resolve;
      });
      show({ type: "chunk", messageId: "a1", content: "\nlet b;\n" });
      await new Promise<void>((resolve) => {
        next = resolve;
      });
      show({ type: "chunk", messageId: "a1", content: "```\n\nDone" });
      show({
        type: "assistant_message",
        id: "a1",
        content: "```js\nlet a;\n\nlet b;\n```\n\nDone",
        timestamp,
      });
    };
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "go");
    const written = page.locator(".code code");
    await eventually(() => written.textContent()).toBe("let a;\n");
    await written.evaluate((one) => one.setAttribute("data-seen", ""));
    next();
    await eventually(() => page.locator("[data-seen]").textContent()).toBe("let a;\n\nlet b;\n");
    expect(await written.locator("span").count()).toBe(0);

    next();
    await eventually(() => page.locator("[data-seen] .hljs-keyword").count()).toBe(2);

    expect(await written.textContent()).toBe("let a;\n\nlet b;\n");
  });

  test("is whole however long it gets while it streams", async () => {
    const lines = Array.from({ length: 2000 }, (_, index) => `claw ${index};${"  ".repeat(index % 7)}\n`);
    const text = `\`\`\`\n${lines.join("")}`;
    const streams: Answer = async (_, { show, stopped }) => {
      for (let place = 0; place < text.length; place += 777) {
        show({ type: "chunk", messageId: "a1", content: text.slice(place, place + 777) });
        // A frame of its own for most of them.
        await new Promise((resolve) => setImmediate(resolve));
      }
      await stopped;
      show({ type: "assistant_message", id: "a1", content: text, partial: "aborted", timestamp });
    };
    await using gateway = await startGateway({ answer: streams });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "go");
    const code = page.locator(".code code");
    await eventually(() => code.textContent()).toBe(lines.join(""));
    await page.keyboard.press("Escape");
    await page.getByText("Stopped here").waitFor();

    expect(await code.textContent()).toBe(lines.join(""));
    expect(tab.complaints).toEqual([]);
  });

  test("can be wrapped and downloaded", async () => {
    await using gateway = await startGateway({ answer: says(`\`\`\`ts\n${code}\n\`\`\``) });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "code?");
    const wrap = page.getByRole("button", { name: "Wrap" });
    await wrap.click();

    expect(await wrap.getAttribute("aria-pressed")).toBe("true");
    expect(await page.locator(".code pre").evaluate((one) => getComputedStyle(one).whiteSpace)).toBe(
      "pre-wrap",
    );
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download" }).click(),
    ]);
    expect(file.suggestedFilename()).toBe("code.ts");
  });

  test("is shown as it is in a language that the page does not know", async () => {
    await using gateway = await startGateway({ answer: says("```klingon\nHIja'\n```\n\n```\nplain\n```") });
    await using tab = await openPage(browser, gateway.url);
    await say(tab.page, "code?");
    await tab.page.getByText("plain", { exact: true }).waitFor();

    expect(await tab.page.locator(".code-language").allInnerTexts()).toEqual(["klingon", ""]);
    expect(await tab.page.locator(".code code").allTextContents()).toEqual(["HIja'\n", "plain\n"]);
  });
});
