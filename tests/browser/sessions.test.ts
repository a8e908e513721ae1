import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  eventually,
  launchBrowser,
  listedOn,
  openPage,
  rowsOf,
  say,
  tryNow,
  whyNoBrowser,
} from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;

/** Answers at once. A message that ends in "slowly" waits for a call. */
function answers() {
  let finish = () => {};
  const answer: Answer = async ({ content }, { show }) => {
    const text = `You said: ${content}.`;
    show({ type: "chunk", messageId: "a1", content: text.slice(0, 8) });
    if (content.endsWith("slowly")) {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    }
    show({ type: "chunk", messageId: "a1", content: text.slice(8) });
    show({ type: "assistant_message", id: "a1", content: text, timestamp });
  };
  return { answer, finish: () => finish() };
}

describe.skipIf(whyNoBrowser)("the list of sessions", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("lets one switch while another session streams, and marks what is unread", async () => {
    const { answer, finish } = answers();
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one slowly");
    await page.getByRole("main").getByText("You said").waitFor();
    await eventually(() => listedOn(page)).toEqual(["> one slowly · Answering"]);

    await page.getByRole("button", { name: "New chat" }).click();
    await page.getByText("What can I do for you?").waitFor();
    await say(page, "two");
    await page.getByRole("main").getByText("You said: two.").waitFor();
    await eventually(() => listedOn(page)).toEqual(["> two", "one slowly · Answering"]);
    finish();
    await say(page, "three");
    await page.getByRole("main").getByText("You said: three.").waitFor();
    await eventually(() => listedOn(page)).toEqual(["> two", "one slowly · Unread"]);

    await page.getByRole("link", { name: "one slowly" }).click();
    await page.getByRole("main").getByText("You said: one slowly.").waitFor();

    await eventually(() => rowsOf(page)).toEqual([
      "user: You: one slowly",
      "assistant: Assistant: You said: one slowly.",
    ]);
    await eventually(() => listedOn(page)).toEqual(["two", "> one slowly"]);
    expect(tab.complaints).toEqual([]);
  });

  test("does not mark a session that another one was chosen over before it was there", async () => {
    await using gateway = await startGateway();
    for (const content of ["one", "two"]) {
      const { sessionId } = await gateway.store.createSession("webchat");
      await gateway.store.appendMessage(sessionId, { role: "user", content, timestamp });
      gateway.loses = (event) => event.type === "resume" && event.sessionId === sessionId;
    }
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await eventually(() => listedOn(page)).toEqual(["> two", "one"]);
    await page.getByRole("link", { name: "one" }).click();
    await eventually(() => rowsOf(page)).toEqual(["user: You: one"]);

    await eventually(() => listedOn(page)).toEqual(["two", "> one"]);
  });

  test("gives each session an address, which a reload and the way back keep", async () => {
    await using gateway = await startGateway({ answer: answers().answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("main").getByText("You said: one.").waitFor();
    await page.waitForURL(/#\/s\/[\w-]+$/);
    const first = page.url();
    await page.getByRole("button", { name: "New chat" }).click();
    await page.getByText("What can I do for you?").waitFor();
    await page.waitForURL(gateway.url);
    await say(page, "two");
    await page.waitForURL(/#\/s\/[\w-]+$/);
    await eventually(() => listedOn(page)).toEqual(["> two", "one"]);
    await page.getByRole("link", { name: "one" }).click();
    await page.getByRole("main").getByText("You said: one.").waitFor();
    await page.waitForURL(first);

    await page.reload();
    await eventually(() => rowsOf(page)).toEqual(["user: You: one", "assistant: Assistant: You said: one."]);
    await page.goBack();
    await eventually(() => rowsOf(page)).toEqual(["user: You: two", "assistant: Assistant: You said: two."]);
  });

  test("shows that a session does not exist", async () => {
    await using gateway = await startGateway();
    await using tab = await openPage(browser, `${gateway.url}#/s/0199f3a0-0000-7000-8000-000000000000`);

    await eventually(() => rowsOf(tab.page)).toEqual([
      "notice error: This chat no longer exists. Start a new one, or select another one from the list.",
    ]);
    expect(await listedOn(tab.page)).toEqual([]);
  });

  test("keeps what is typed in one session while offline out of the other", async () => {
    await using gateway = await startGateway({ answer: answers().answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    for (const content of ["one", "two"]) {
      await say(page, content);
      await page.getByRole("main").getByText(`You said: ${content}.`).waitFor();
      if (content === "two") break;
      await page.getByRole("button", { name: "New chat" }).click();
      await page.getByText("What can I do for you?").waitFor();
    }
    await page.getByRole("link", { name: "one" }).waitFor();
    gateway.stop();
    await page.getByText("Connection lost.").waitFor();
    await say(page, "to two");
    await page.getByRole("link", { name: "one" }).click();
    await eventually(() => rowsOf(page)).toEqual(["user: You: one", "assistant: Assistant: You said: one."]);
    await say(page, "to one");
    gateway.start();
    await tryNow(page);

    await page.getByRole("main").getByText("You said: to one.").waitFor();
    // By keyboard: whichever is answered last moves up, and a link that moves under the pointer is
    // not clicked.
    await page.getByRole("link", { name: "two" }).press("Enter");
    await page.getByRole("main").getByText("You said: to two.").waitFor();
    await eventually(() => rowsOf(page)).toEqual(
      ["two", "to two"].flatMap((said) => [`user: You: ${said}`, `assistant: Assistant: You said: ${said}.`]),
    );
  });

  test("opens over the page on a phone, and closes with a choice or Esc", async () => {
    await using gateway = await startGateway({ answer: answers().answer });
    await using tab = await openPage(browser, gateway.url, { viewport: { width: 390, height: 780 } });
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("main").getByText("You said: one.").waitFor();
    const list = page.getByRole("navigation", { name: "Chats" });
    const toggle = page.getByRole("button", { name: "Chats" });
    expect([await list.isVisible(), await toggle.getAttribute("aria-expanded")]).toEqual([false, "false"]);

    await toggle.click();
    await page.getByRole("link", { name: "one" }).waitFor();
    await page.getByRole("link", { name: "one" }).focus();
    await page.keyboard.press("Escape");
    await list.waitFor({ state: "hidden" });
    expect(await toggle.evaluate((button) => button === document.activeElement)).toBe(true);
    await toggle.click();
    await page.getByRole("button", { name: "New chat" }).click();

    await list.waitFor({ state: "hidden" });
    await page.getByText("What can I do for you?").waitFor();
  });

  test("keeps its title in the header while the list shows others, and has one when it is too old for the list", async () => {
    await using gateway = await startGateway();
    const ids: string[] = [];
    for (let index = 0; index < 40; index += 1) {
      const { sessionId } = await gateway.store.createSession("webchat");
      const content = index === 0 ? `the ${"very ".repeat(20)}oldest` : `talk ${index}`;
      await gateway.store.appendMessage(sessionId, { role: "user", content, timestamp: index });
      ids.push(sessionId);
    }
    await using tab = await openPage(browser, `${gateway.url}#/s/${ids[0]}`);
    const { page } = tab;
    const heading = page.getByRole("heading", { level: 1 });
    await eventually(() => heading.innerText()).toBe(`the ${"very ".repeat(11)}v`);

    await page.getByRole("link", { name: "talk 39" }).click();
    await eventually(() => heading.innerText()).toBe("talk 39");
    await page.keyboard.press("Control+k");
    await page.keyboard.type("talk 12");
    await eventually(async () => (await listedOn(page)).length).toBe(1);

    expect(await heading.innerText()).toBe("talk 39");
    expect(await page.title()).toBe("talk 39 · Mini OpenClaw");
  });
});
