import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, launchBrowser, openPage, rowsOf, say, tryNow, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;
/** Answers at once. A story runs until it is stopped. */
const tellsStories: Answer = async ({ content }, { show, stopped }) => {
  const text = content.endsWith("a story") ? "Once upon" : "Yes.";
  show({ type: "chunk", messageId: "a1", content: text });
  if (text !== "Yes.") await stopped;
  const partial = text === "Yes." ? {} : ({ partial: "aborted" } as const);
  show({ type: "assistant_message", id: "a1", content: text, timestamp, ...partial });
};

describe.skipIf(whyNoBrowser)("the composer", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("queues a message during an answer, and cancels it", async () => {
    await using gateway = await startGateway({ answer: tellsStories });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "a story");
    await page.getByText("Once upon").waitFor();
    await page.getByText("Sent when this answer is complete.").waitFor();

    await say(page, "two");
    await say(page, "three");
    await eventually(() => page.getByText("Queued").count()).toBe(2);
    await page.locator(".waiting", { hasText: "two" }).getByRole("button", { name: "Cancel" }).click();
    await eventually(() => rowsOf(page)).toEqual([
      "user: You: a story",
      "assistant streaming: Assistant: Once upon",
      expect.stringContaining("three"),
    ]);
    await page.keyboard.press("Escape");
    await page.getByRole("main").getByText("Yes.").waitFor();

    await eventually(() => rowsOf(page)).toEqual([
      "user: You: a story",
      "assistant: Assistant: Once upon Stopped here",
      "user: You: three",
      "assistant: Assistant: Yes.",
    ]);
    await page.getByRole("radiogroup").waitFor({ state: "hidden" });
  });

  test("sends nothing to the session before while a new one is on its way; what is sent meanwhile goes to the new one", async () => {
    await using gateway = await startGateway({ answer: tellsStories });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("main").getByText("Yes.").waitFor();
    await eventually(async () => new URL(page.url()).hash).not.toBe("");
    await page.getByRole("textbox").fill("half a thought");
    gateway.loses = ({ type }) => type === "create";
    await page.locator(".new-chat").click();
    await eventually(() => page.getByRole("textbox").inputValue()).toBe("");

    await say(page, "two");
    expect(await page.getByRole("textbox").inputValue()).toBe("two");
    gateway.loses = () => false;
    gateway.cut();
    await tryNow(page);

    await eventually(() => rowsOf(page)).toEqual(["user: You: two", "assistant: Assistant: Yes."]);
    expect(await page.getByRole("textbox").inputValue()).toBe("");
    await page.getByRole("link", { name: "one" }).press("Enter");
    await eventually(() => page.getByRole("textbox").inputValue()).toBe("half a thought");
    await eventually(() => rowsOf(page)).toEqual(["user: You: one", "assistant: Assistant: Yes."]);
    expect(gateway.received.flatMap((event) => (event.type === "message" ? event.content : []))).toEqual([
      "one",
      "two",
    ]);
  });

  test("sends nothing that was changed after it was sent to a session on its way", async () => {
    await using gateway = await startGateway({ answer: tellsStories });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("main").getByText("Yes.").waitFor();
    gateway.loses = ({ type }) => type === "create";
    await page.locator(".new-chat").click();
    await say(page, "two");
    await page.keyboard.type(" or three");
    gateway.loses = () => false;
    gateway.cut();
    await tryNow(page);
    await page.locator(".welcome").waitFor();

    expect(await page.getByRole("textbox").inputValue()).toBe("two or three");
    await page.keyboard.press("Enter");
    await eventually(() => rowsOf(page)).toEqual(["user: You: two or three", "assistant: Assistant: Yes."]);
  });

  test("interrupts, for one message, when that is chosen", async () => {
    await using gateway = await startGateway({ answer: tellsStories });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "a story");
    await page.getByText("Once upon").waitFor();

    await page.getByText("Interrupt", { exact: true }).click();
    await page.getByText("Stops this answer and starts a new one.").waitFor();
    await say(page, "and then a story");
    await page.getByText("Stopped here").waitFor();
    await eventually(() => page.getByText("Once upon").count()).toBe(2);

    expect(await page.getByRole("radio", { name: "Queue" }).isChecked()).toBe(true);
    expect(gateway.received.flatMap((event) => (event.type === "message" ? [event.mode] : []))).toEqual([
      "queue",
      "interrupt",
    ]);
    await page.keyboard.press("Escape");
  });

  test.each(["Control+Enter", "Meta+Enter"])(
    "steers by %s, and says that the message enters this answer",
    async (key) => {
      await using gateway = await startGateway({ answer: tellsStories });
      await using tab = await openPage(browser, gateway.url);
      const { page } = tab;
      await say(page, "a story");
      await page.getByText("Once upon").waitFor();

      await page.getByRole("textbox").fill("shorter");
      await page.keyboard.press(key);
      await page.getByText("Will be added after the next step").waitFor();

      expect(await page.getByRole("button", { name: "Cancel" }).isVisible()).toBe(false);
      expect(gateway.received.flatMap((event) => (event.type === "message" ? [event.mode] : []))).toEqual([
        "queue",
        "steer",
      ]);
      await page.keyboard.press("Escape");
    },
  );

  test("keeps a draft per session, over a reload", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const box = page.getByRole("textbox", { name: "Message" });
    await say(page, "one");
    await page.getByRole("main").getByText("Hello.").waitFor();
    await box.fill("to one");
    await page.getByRole("button", { name: "New chat" }).click();
    await eventually(() => box.inputValue()).toBe("");
    await box.fill("to\nthe\nnew\none");
    const height = (await box.boundingBox())?.height ?? 0;

    await page.reload();
    await eventually(() => box.inputValue()).toBe("to\nthe\nnew\none");
    expect((await box.boundingBox())?.height).toBe(height);
    await page.getByRole("link", { name: "one" }).click();
    await eventually(() => box.inputValue()).toBe("to one");
    await page.keyboard.press("Tab");

    expect(height).toBeGreaterThan(60);
  });

  test("leaves the Enter that ends a composition to the input method, as Safari sends it", async () => {
    await using gateway = await startGateway();
    await using tab = await openPage(browser, gateway.url);
    const box = tab.page.getByRole("textbox");
    await box.fill("你好");
    await box.dispatchEvent("keydown", { key: "Enter", keyCode: 229 });

    expect(await box.inputValue()).toBe("你好");
  });

  test("takes back what was typed while offline", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByText("Connected").waitFor();
    gateway.stop();
    await page.getByText("Connection lost.").waitFor();
    await say(page, "never mind");
    await page.getByText("Waiting for the connection").waitFor();
    await page.getByRole("button", { name: "Discard" }).click();
    await eventually(() => rowsOf(page)).toEqual([]);
    gateway.start();
    await page.getByText("Connected").waitFor();

    expect(gateway.received.filter(({ type }) => type === "message")).toEqual([]);
  });
});
