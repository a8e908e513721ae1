import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messagesOf, says } from "./answers.ts";
import { eventually, launchBrowser, openPage, rowsOf, say, whyNoBrowser } from "./browser.ts";
import { startGateway } from "./test-gateway.ts";

describe.skipIf(whyNoBrowser)("a message without a connection", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("is sent once after a reload, when the connection is back", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.locator(".answer-end").waitFor();
    gateway.isLocked = true;
    gateway.cut();
    await page.locator(".banner[data-state=lost]").waitFor();
    await say(page, "two");
    await page.locator(".waiting").waitFor();

    await page.reload();
    await page.locator(".waiting").waitFor();
    gateway.isLocked = false;
    await eventually(() => rowsOf(page)).toEqual([
      "user: You: one",
      "assistant: Assistant: Hello.",
      "user: You: two",
      "assistant: Assistant: Hello.",
    ]);
    await page.reload();
    await eventually(async () => (await rowsOf(page)).length).toBe(4);

    expect(messagesOf(gateway.received)).toEqual(["one", "two"]);
    expect(await page.evaluate(() => localStorage.getItem("mini-openclaw.unsent"))).toBe("[]");
  });

  test("is a draft again if it is too old to be sent unasked", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.evaluate(() => {
      const old = { id: "m1", content: "from yesterday", sentAt: Date.now() - 86_400_000 };
      localStorage.setItem("mini-openclaw.unsent", JSON.stringify([old]));
    });
    await page.reload();

    await eventually(() => page.getByRole("textbox", { name: "Message" }).inputValue()).toBe(
      "from yesterday",
    );
    expect(messagesOf(gateway.received)).toEqual([]);
  });

  test("is not sent to another gateway of the same origin, and stays for its own", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.evaluate(() => {
      const url = `ws://${location.host}/other/`;
      const other = { id: "m1", content: "for the other one", gateway: url, sentAt: Date.now() };
      localStorage.setItem("mini-openclaw.unsent", JSON.stringify([other]));
    });
    await page.reload();
    await say(page, "one");
    await page.locator(".answer-end").waitFor();

    expect(messagesOf(gateway.received)).toEqual(["one"]);
    const stored = await page.evaluate(() => localStorage.getItem("mini-openclaw.unsent"));
    expect(stored).toContain("for the other one");
    await say(page, "two");
    await eventually(async () => messagesOf(gateway.received)).toEqual(["one", "two"]);
  });

  test("is a draft after a reload if it has files, which the browser does not store", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.locator(".answer-end").waitFor();
    gateway.isLocked = true;
    gateway.cut();
    await page.locator(".banner[data-state=lost]").waitFor();
    await page
      .locator("input[type=file]")
      .setInputFiles([{ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("up") }]);
    await page.locator(".attachment").waitFor();
    await say(page, "Compare these");
    await page.locator(".waiting").waitFor();

    await page.reload();

    const box = page.getByRole("textbox", { name: "Message" });
    await eventually(() => box.inputValue()).toBe("Compare these");
    gateway.isLocked = false;
    await page.getByText("Connected").waitFor();
    expect(messagesOf(gateway.received)).toEqual(["one"]);
  });

  test.each(["not JSON", "[1,null,{}]", '{"id":"m1"}', '[{"id":"m1","content":7,"sentAt":1}]'])(
    "is left out if what the browser stored is damaged: %s",
    async (stored) => {
      await using gateway = await startGateway({ answer: says("Hello.") });
      await using tab = await openPage(browser, gateway.url);
      const { page } = tab;
      await page.evaluate((text) => localStorage.setItem("mini-openclaw.unsent", text), stored);
      await page.reload();
      await say(page, "one");
      await page.locator(".answer-end").waitFor();

      expect(messagesOf(gateway.received)).toEqual(["one"]);
      expect(tab.complaints).toEqual([]);
    },
  );

  test("is not what a draft is, which a new tab finds after a crash", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    await tab.page.getByRole("textbox", { name: "Message" }).fill("half a sentence");
    const other = await tab.page.context().newPage();
    await tab.page.close();
    await other.goto(gateway.url);

    await eventually(() => other.getByRole("textbox", { name: "Message" }).inputValue()).toBe(
      "half a sentence",
    );
  });
});

describe.skipIf(whyNoBrowser)("the keys of the page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("are listed by ?, outside of a text, and by Ctrl+/", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const box = page.getByRole("textbox", { name: "Message" });
    await box.press("?");
    expect(await box.inputValue()).toBe("?");
    await page.keyboard.press("Control+/");
    await page.getByRole("dialog", { name: "Keys" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("main").focus();
    await page.keyboard.press("?");

    await page.getByRole("dialog").getByText("Go to a call that waits for you").waitFor();
    await page.getByRole("button", { name: "Close", exact: true }).click();
    expect(await page.getByRole("dialog").count()).toBe(0);
    expect(tab.complaints).toEqual([]);
  });

  test("reach a call that waits for a decision in another chat, decide, and return to the message", async () => {
    await using gateway = await startGateway({
      answer: async ({ content }, { show, ask }) => {
        const call = { callId: "c1", toolName: "bash", input: { command: "ls" } };
        if (content !== "ask") return says("Hello.")({ content }, { show } as never);
        show({ type: "assistant_message", id: "a1", content: "", toolCalls: [call], timestamp: 1 });
        await ask(call, "bash wants to run", "TOOL_CALL");
      },
    });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "ask");
    await page.locator(".approval:visible").waitFor();
    await page.locator(".new-chat").click();
    await page.locator(".welcome").waitFor();
    await page.locator(".session-mark[data-phase=asks]").waitFor();

    await page.keyboard.press("Alt+a");
    await page.locator(".approval:visible").waitFor();
    await page.keyboard.press("Alt+a");
    await eventually(() => page.evaluate(() => document.activeElement?.textContent)).toBe("Allow once");
    await page.keyboard.press("Enter");

    await eventually(() => page.locator(".approval:visible").count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("TEXTAREA");
  });
});
