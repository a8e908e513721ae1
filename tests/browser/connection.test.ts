import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { messagesOf, says, usesATool } from "./answers.ts";
import { eventually, launchBrowser, openPage, rowsOf, say, tryNow, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;

describe.skipIf(whyNoBrowser)("the page and its connection", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("comes back when the gateway does, and sends once what was typed meanwhile", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.getByRole("main").getByText("Hello.").waitFor();

    gateway.stop();
    await page.getByText(/Retrying in \d+ s/).waitFor();
    await say(page, "two");
    await page.getByText("Waiting for the connection").waitFor();
    gateway.start();
    await tryNow(page);
    await eventually(() => page.locator(".assistant").count()).toBe(2);

    expect(await page.getByText("Connected").isVisible()).toBe(true);
    await eventually(() => rowsOf(page)).toEqual([
      "user: You: one",
      "assistant: Assistant: Hello.",
      "user: You: two",
      "assistant: Assistant: Hello.",
    ]);
    expect(messagesOf(gateway.received)).toEqual(["one", "two"]);
  });

  test("sends a message again, under its id, when the connection broke before it arrived", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    let lost = 0;
    gateway.loses = (event) => {
      if (event.type !== "message" || lost > 0) return false;
      lost += 1;
      gateway.cut();
      return true;
    };
    await say(tab.page, "one");
    await tab.page.getByRole("main").getByText("Hello.").waitFor();

    const sent = gateway.received.filter((event) => event.type === "message");
    expect(sent).toEqual([sent[0], sent[0]]);
    await eventually(() => rowsOf(tab.page)).toEqual(["user: You: one", "assistant: Assistant: Hello."]);
  });

  test("continues an answer after a reload with nothing missing, and stops it", async () => {
    let speak = (_text: string) => {};
    const answer: Answer = async (_, { show, stopped }) => {
      let content = "";
      speak = (text) => {
        content += text;
        show({ type: "chunk", messageId: "a1", content: text });
      };
      speak("Once upon ");
      await stopped;
      show({ type: "assistant_message", id: "a1", content, partial: "aborted", timestamp });
    };
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "a story");
    await page.getByRole("main").getByText("Once upon").waitFor();

    const reloaded = page.reload();
    speak("a time ");
    await reloaded;
    speak("there was");
    await eventually(() => rowsOf(page)).toEqual([
      "user: You: a story",
      "assistant streaming: Assistant: Once upon a time there was",
    ]);
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped here").waitFor();

    await eventually(() => rowsOf(page)).toEqual([
      "user: You: a story",
      "assistant: Assistant: Once upon a time there was Stopped here",
    ]);
  });

  test("continues an answer that went on while the connection was away", async () => {
    let speak = (_text: string) => {};
    let end = () => {};
    const answer: Answer = async (_, { show }) => {
      let content = "";
      speak = (text) => {
        content += text;
        show({ type: "chunk", messageId: "a1", content: text });
      };
      speak("Once ");
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      show({ type: "assistant_message", id: "a1", content, timestamp });
    };
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "a story");
    await page.getByRole("main").getByText("Once").waitFor();

    gateway.stop();
    await page.getByText("Connection lost.").waitFor();
    speak("upon ");
    gateway.start();
    speak("a time");
    await tryNow(page);
    await eventually(() => rowsOf(page)).toEqual([
      "user: You: a story",
      "assistant streaming: Assistant: Once upon a time",
    ]);
    end();

    await eventually(() => rowsOf(page)).toEqual([
      "user: You: a story",
      "assistant: Assistant: Once upon a time",
    ]);
    expect(await page.getByText("Connected").isVisible()).toBe(true);
  });

  test("keeps two tabs on one session equal", async () => {
    await using gateway = await startGateway({ answer: usesATool });
    await using one = await openPage(browser, gateway.url);
    await using two = await openPage(browser, gateway.url);
    await two.page.getByText("Connected").waitFor();

    await say(one.page, "files?");
    for (const { page } of [one, two]) await page.getByRole("main").getByText("One file").waitFor();
    await say(two.page, "again?");
    for (const { page } of [one, two]) await page.getByText("again?").waitFor();

    const answer = [
      "assistant: Assistant: Let me look.",
      "bash ls -la Done",
      "assistant: Assistant: One file: a.txt",
    ];
    for (const { page } of [one, two]) {
      await eventually(() => rowsOf(page)).toEqual([
        ...["user: You: files?", ...answer],
        ...["user: You: again?", ...answer],
      ]);
    }
  });

  test("shows that it cannot connect, and retries", async () => {
    await using gateway = await startGateway();
    gateway.isLocked = true;
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByText("The gateway cannot be reached").waitFor();

    gateway.isLocked = false;
    await tryNow(page);
    await page.getByText("Connected").waitFor();

    expect(await page.getByText("The gateway cannot be reached").isVisible()).toBe(false);
  });
});
