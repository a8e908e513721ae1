import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says, usesATool } from "./answers.ts";
import { eventually, launchBrowser, listedOn, openPage, rowsOf, say, whyNoBrowser } from "./browser.ts";
import { startGateway, type TestGateway } from "./test-gateway.ts";

const timestamp = 1;

/**
 * Puts sessions into the gateway's store, each with one message and its answer; the last one is the
 * newest.
 */
async function tell(gateway: TestGateway, ...messages: string[]): Promise<string[]> {
  const ids: string[] = [];
  for (const content of messages) {
    const { sessionId } = await gateway.store.createSession("webchat");
    const answer = { role: "assistant", content: `You said: ${content}.`, timestamp } as const;
    await gateway.store.appendMessages(sessionId, [{ role: "user", content, timestamp }, answer]);
    ids.push(sessionId);
  }
  return ids;
}

function menuOf(page: Page, title: string) {
  return page.getByRole("button", { name: `Actions for ${title}` });
}

async function choose(page: Page, title: string, item: string): Promise<void> {
  await page.getByRole("link", { name: title }).hover();
  await menuOf(page, title).click();
  await page.getByRole("menuitem", { name: item }).click();
}

describe.skipIf(whyNoBrowser)("actions on sessions", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test.each([
    ["en-GB", "Search chats", "Show more chats"],
    ["zh-CN", "搜索对话", "加载更多对话"],
  ])("shows more of what was found, by the keyboard alone: %s", async (locale, search, more) => {
    await using gateway = await startGateway();
    for (let index = 0; index < 65; index += 1) {
      const { sessionId } = await gateway.store.createSession("webchat");
      const content = index < 62 ? `whale ${index}` : "a fish";
      await gateway.store.appendMessage(sessionId, { role: "user", content, timestamp: index });
    }
    await using tab = await openPage(browser, gateway.url, { locale });
    const { page } = tab;
    const found = () => page.locator(".sessions a mark").count();
    await page.keyboard.press("Control+K");
    await page.getByRole("searchbox", { name: search }).fill("whale");
    await eventually(found).toBe(30);
    const button = page.getByRole("button", { name: more });
    await button.focus();
    await page.keyboard.press("Enter");
    await eventually(found).toBe(60);
    expect(await button.evaluate((one) => one === document.activeElement)).toBe(true);

    await page.keyboard.press("Enter");
    await eventually(found).toBe(62);
    expect(await button.isVisible()).toBe(false);
    expect(await page.evaluate(() => document.activeElement?.closest(".sessions") !== null)).toBe(true);
    const titles = await page.locator(".session-title").allTextContents();
    expect(new Set(titles).size).toBe(62);
    expect(tab.complaints).toEqual([]);
  });

  test("searches in titles and messages by Ctrl+K, and shows the text around a hit", async () => {
    await using gateway = await startGateway();
    await tell(gateway, "about a whale", "about a fish", "something else");
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await eventually(() => listedOn(page)).toEqual(["> something else", "about a fish", "about a whale"]);

    await page.keyboard.press("Control+k");
    await page.keyboard.type("Said: ABOUT A");
    await eventually(() => listedOn(page)).toEqual(["about a fish", "about a whale"]);
    expect(await page.locator(".session-excerpt").allInnerTexts()).toEqual([
      "You said: about a fish.",
      "You said: about a whale.",
    ]);
    expect(await page.locator(".session-excerpt mark").first().innerText()).toBe("said: about a");
    await eventually(() => page.locator("[aria-live]").innerText()).toBe("2 chats found");

    await page.getByRole("searchbox").fill("unicorn");
    await page.getByText("Nothing found for “unicorn”.").waitFor();
    await page.keyboard.press("Escape");
    await eventually(() => listedOn(page)).toEqual(["> something else", "about a fish", "about a whale"]);
    expect(tab.complaints).toEqual([]);
  });

  test("renames a session in the list: Enter saves the title, Esc does not", async () => {
    await using gateway = await startGateway();
    await tell(gateway, "one");
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await choose(page, "one", "Rename");
    const field = page.getByRole("textbox", { name: "New title" });
    await field.fill("Not this");
    await page.keyboard.press("Escape");
    await eventually(() => listedOn(page)).toEqual(["> one"]);

    await choose(page, "one", "Rename");
    await field.fill("  Whales & fish  ");
    await page.keyboard.press("Enter");

    await eventually(() => listedOn(page)).toEqual(["> Whales & fish"]);
    expect(
      await page.getByRole("link", { name: "Whales" }).evaluate((one) => one === document.activeElement),
    ).toBe(true);
    // The title is shown before the gateway has it.
    const renames = async () => gateway.received.filter(({ type }) => type === "rename").length;
    await eventually(renames).toBe(1);
    await page.reload();
    await eventually(() => listedOn(page)).toEqual(["> Whales & fish"]);
    expect(await renames()).toBe(1);
  });

  test("archives a session, lists the archived ones, and unarchives it", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await tell(gateway, "one", "two");
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await choose(page, "one", "Archive");
    await page.getByText("Archived “one”.").waitFor();
    await eventually(() => listedOn(page)).toEqual(["> two"]);

    const archived = page.getByRole("button", { name: "Archived" });
    await archived.click();
    await eventually(() => listedOn(page)).toEqual(["one"]);
    expect(await archived.getAttribute("aria-pressed")).toBe("true");
    await page.getByRole("link", { name: "one" }).click();
    await page.getByText("This chat is archived.").waitFor();
    await page.getByRole("button", { name: "Unarchive" }).click();
    await page.getByText("No chat is archived.").waitFor();
    await archived.click();

    await eventually(() => listedOn(page)).toEqual(["> one", "two"]);
    expect(await page.getByText("This chat is archived.").isVisible()).toBe(false);
    await say(page, "again");
    await page.getByRole("main").getByText("Hello.").waitFor();
  });

  test("deletes the session that is shown, and takes it back by a button", async () => {
    await using gateway = await startGateway();
    await tell(gateway, "one", "two");
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByRole("link", { name: "one" }).click();
    await page.getByRole("main").getByText("You said: one.").waitFor();

    await choose(page, "one", "Delete");
    await page.getByText("What can I do for you?").waitFor();
    await eventually(() => listedOn(page)).toEqual(["two"]);
    expect(await page.getByRole("status").last().innerText()).toMatch(/^Deleted “one”.\s+Undo$/);
    await page.getByRole("button", { name: "Undo" }).click();

    await page.getByRole("main").getByText("You said: one.").waitFor();
    await eventually(() => listedOn(page)).toEqual(["two", "> one"]);
    expect(tab.complaints).toEqual([]);
  });

  test("reaches all of it by keyboard: the menu, deleting, and taking back by Ctrl+Z", async () => {
    await using gateway = await startGateway();
    await tell(gateway, "one", "two");
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const focused = () =>
      page.evaluate(
        () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent,
      );
    await page.getByRole("link", { name: "two" }).focus();
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Actions for two");

    await page.keyboard.press("Enter");
    expect(await focused()).toBe("Rename");
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "hidden" });
    expect(await focused()).toBe("Actions for two");
    await page.keyboard.press("Enter");
    await page.keyboard.press("End");
    expect(await focused()).toBe("Delete");
    await page.keyboard.press("ArrowDown");
    expect(await focused()).toBe("Rename");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await eventually(() => listedOn(page)).toEqual(["one"]);
    expect(await focused()).toBe("one");
    await page.getByText("Deleted “two”.").waitFor();
    await page.keyboard.press("Control+z");

    await eventually(() => listedOn(page)).toEqual(["> two", "one"]);
  });

  test("shows why an action failed", async () => {
    await using gateway = await startGateway({
      answer: async (_, { show, stopped }) => {
        show({ type: "chunk", messageId: "a1", content: "Once" });
        await stopped;
      },
    });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "a story");
    await page.getByRole("main").getByText("Once").waitFor();

    await choose(page, "a story", "Delete");

    await page
      .getByText("Failed. This chat is answering. Stop the answer, or wait until it is complete.")
      .waitFor();
    await eventually(() => rowsOf(page)).toEqual([
      "user: You: a story",
      "assistant streaming: Assistant: Once",
    ]);
    await page.keyboard.press("Escape");
    await page.getByText("Stopped.").waitFor();
  });

  test("keeps unread marks through a reload, and in another tab", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    const [one = ""] = await tell(gateway, "one", "two");
    await using tab = await openPage(browser, gateway.url);
    await eventually(() => listedOn(tab.page)).toEqual(["> two", "one"]);
    // From then on the page's address names its session: without one, the gateway would begin in
    // the running one.
    await tab.page.waitForURL(/#\/s\//);
    await gateway.store.appendMessage(one, { role: "user", content: "from elsewhere", timestamp });

    await tab.page.reload();
    await eventually(() => listedOn(tab.page)).toEqual(["> two", "one · Unread"]);
    const other = await tab.page.context().newPage();
    await other.goto(tab.page.url());
    await eventually(() => listedOn(other)).toEqual(["> two", "one · Unread"]);
    await other.getByRole("link", { name: "one" }).click();
    await other.getByRole("main").getByText("from elsewhere").waitFor();

    await eventually(() => listedOn(other)).toEqual(["two", "> one"]);
    await eventually(() => listedOn(tab.page)).toEqual(["> two", "one"]);
    expect(tab.complaints).toEqual([]);
  });

  test("shows more where there are more than a window full", async () => {
    await using gateway = await startGateway();
    await tell(gateway, ...Array.from({ length: 35 }, (_, index) => `no. ${index}`));
    await using tab = await openPage(browser, gateway.url);
    await eventually(async () => (await listedOn(tab.page)).length).toBe(30);

    await tab.page.getByRole("button", { name: "Show more chats" }).click();

    await eventually(async () => (await listedOn(tab.page)).length).toBe(35);
    expect(await tab.page.getByRole("button", { name: "Show more chats" }).isVisible()).toBe(false);
  });

  test("exports a whole session as Markdown", async () => {
    await using gateway = await startGateway({ answer: usesATool });
    const { sessionId } = await gateway.store.createSession("webchat");
    const messages = Array.from({ length: 250 }, (_, index) => ({
      ...({ role: "user", content: `no. ${index + 1}`, timestamp } as const),
    }));
    await gateway.store.appendMessages(sessionId, messages);
    await gateway.store.renameSession(sessionId, 'What: is "a/b"?');
    await using tab = await openPage(browser, `${gateway.url}#/s/${sessionId}`);
    const { page } = tab;
    await say(page, "files?");
    await page.getByRole("main").getByText("One file").waitFor();
    await page.getByRole("button", { name: "Stop" }).waitFor({ state: "hidden" });

    const [file, fileName] = await exported(page, "What: is", "Export as Markdown");

    expect(fileName).toBe("What is a b.md");
    expect(file.split("\n")[0]).toBe('# What: is "a/b"?');
    expect(file.match(/no\. \d+/g)).toEqual(messages.map(({ content }) => content));
    expect(file.slice(file.indexOf("files?"))).toBe(
      [
        "files?",
        "## Assistant",
        "Let me **look**.",
        "**bash**",
        '```json\n{\n  "command": "ls -la"\n}\n```',
        "✓",
        "```\na.txt\n```",
        "## Assistant",
        "One file: `a.txt`\n",
      ].join("\n\n"),
    );
    expect(tab.complaints).toEqual([]);
  });

  test("gives a session as JSONL: the transcript's own lines", async () => {
    await using gateway = await startGateway();
    const [sessionId = ""] = await tell(gateway, "one");
    await using tab = await openPage(browser, gateway.url);

    const [file, fileName] = await exported(tab.page, "one", "Export as JSONL");

    const [header, ...lines] = file
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(fileName).toBe("one.jsonl");
    expect(header).toMatchObject({ type: "session", v: 1, sessionId, key: "webchat" });
    expect(lines).toEqual(await gateway.store.loadMessages(sessionId));
  });
});

/** The file that a session's menu gives, and its name. */
async function exported(page: Page, title: string, item: string): Promise<[string, string]> {
  const downloading = page.waitForEvent("download");
  await choose(page, title, item);
  const download = await downloading;
  return [await readFile(await download.path(), "utf8"), download.suggestedFilename()];
}
