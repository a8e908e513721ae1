import { type Browser, devices } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, launchBrowser, openPage, rowsOf, say, whyNoBrowser } from "./browser.ts";
import { startGateway } from "./test-gateway.ts";

describe.skipIf(whyNoBrowser)("keys", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("on a touch screen: Enter adds a line, and the button sends", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url, devices["Pixel 7"]);
    const { page } = tab;
    const field = page.getByRole("textbox", { name: "Message" });
    await field.tap();
    await page.keyboard.type("one");
    await page.keyboard.press("Enter");
    await page.keyboard.type("two");

    expect(await field.inputValue()).toBe("one\ntwo");
    expect(await field.getAttribute("enterkeyhint")).toBe("enter");
    await page.locator("form.composer .send").tap();
    await eventually(() => rowsOf(page)).toEqual(["user: You: one two", "assistant: Assistant: Hello."]);
  });

  test("leave a table its columns, which scroll, and cover no line of code by its bar", async () => {
    // So many columns that no font is narrow enough for them.
    const rows = ["上周平均耗时", "---", "六百四十毫秒"].map((cell) => `|${` ${cell} |`.repeat(9)}`);
    const table = rows.join("\n");
    await using gateway = await startGateway({ answer: says(`${table}\n\n\`\`\`ts\nlet a;\n\`\`\``) });
    await using tab = await openPage(browser, gateway.url, devices["Pixel 7"]);
    const { page } = tab;
    await say(page, "table?");
    await page.locator(".code").waitFor();

    // Chinese text may break after every character, so cells would become columns of them.
    const heights = await page.locator("td").evaluateAll((cells) => cells.map((cell) => cell.clientHeight));
    expect(Math.max(...heights)).toBeLessThan(60);
    const [inner, outer] = await page.locator(".table").evaluate((one) => [one.scrollWidth, one.clientWidth]);
    expect(inner).toBeGreaterThan(outer ?? 0);
    expect(await page.locator(".code-bar").evaluate((one) => getComputedStyle(one).position)).toBe("static");
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });

  test("recall the messages that were sent, and leave a draft alone", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await say(page, "two");
    await eventually(async () => (await rowsOf(page)).length).toBe(4);
    const field = page.getByRole("textbox", { name: "Message" });

    await field.press("ArrowUp");
    await field.press("ArrowUp");
    expect(await field.inputValue()).toBe("one");
    await field.press("ArrowDown");
    await field.press("ArrowDown");
    expect(await field.inputValue()).toBe("");
    await field.fill("draft");
    await field.press("ArrowUp");
    expect(await field.inputValue()).toBe("draft");
  });

  test.each(["textarea", "input[type=search]", "input.session-edit"])(
    "of an input method do nothing in %s, also with the old code 229",
    async (selector) => {
      await using gateway = await startGateway({ answer: says("Hello.") });
      await using tab = await openPage(browser, gateway.url);
      const { page } = tab;
      await say(page, "one");
      await page.locator(".answer-end").waitFor();
      if (selector.includes("edit")) {
        await page.locator(".session-menu").first().focus();
        await page.keyboard.press("Enter");
        await page.getByRole("menuitem", { name: "Rename" }).click();
      }
      await page.locator(selector).fill("天气");

      // Safari: the composition has ended, and its key has the code 229.
      for (const key of ["Enter", "Escape", "ArrowUp"]) {
        await page.locator(selector).evaluate((field, name) => {
          const event = new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true });
          Object.defineProperty(event, "keyCode", { value: 229 });
          field.dispatchEvent(event);
        }, key);
      }

      expect(await page.locator(selector).inputValue()).toBe("天气");
      expect((await rowsOf(page)).length).toBe(2);
    },
  );
});
