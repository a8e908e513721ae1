import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, launchBrowser, openPage, say, tryNow, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;

describe.skipIf(whyNoBrowser)("the page's description of itself", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("shows that there is no session yet and how to start one", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    const nothing = page.getByText("No chats yet. Your first message starts one.");
    await nothing.waitFor();

    await say(page, "one");
    await page.getByRole("link", { name: "one" }).waitFor();

    expect(await nothing.isVisible()).toBe(false);
    expect(await page.getByRole("heading", { level: 1 }).innerText()).toBe("one");
    expect(await page.title()).toBe("one · Mini OpenClaw");
  });

  test("counts down while it is offline, and shows that it is back and nothing was lost", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByText("Connected").waitFor();
    const status = page.locator(".status");

    gateway.stop();
    await page.getByText(/^Connection lost\.Retrying in \d+ s/).waitFor();
    await eventually(() => status.innerText()).toBe("Offline");
    gateway.start();
    // Stands there for some seconds only: awaited before it comes.
    const isBack = page.getByText("Back online. Nothing was lost.").waitFor();
    await tryNow(page);

    await isBack;
    expect(await status.innerText()).toBe("Connected");
    expect(await page.getByRole("button", { name: "Retry now" }).isVisible()).toBe(false);
    await page.getByText("Back online. Nothing was lost.").waitFor({ state: "hidden" });
  });

  test("shows that the server is stopping, and keeps messages until it is back", async () => {
    let end = () => {};
    const answer: Answer = async (_, { show }) => {
      show({ type: "chunk", messageId: "a1", content: "Once" });
      await new Promise<void>((resolve) => {
        end = resolve;
      });
      show({ type: "assistant_message", id: "a1", content: "Once", timestamp });
    };
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "a story");
    await page.getByRole("main").getByText("Once").waitFor();

    const drained = gateway.drain();
    await page.getByText("The server is stopping. Your messages are sent when it is back.").waitFor();
    await say(page, "later");
    await page.getByText("Waiting for the connection").waitFor();
    end();
    await drained;

    await page.getByText(/Retrying in/).waitFor();
    expect(await page.locator(".user.waiting .bubble").allInnerTexts()).toEqual(["later"]);
  });

  test("shows that the gateway refused it, and does not retry by itself", async () => {
    await using gateway = await startGateway();
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByText("Connected").waitFor();

    gateway.refuse();

    await page.getByText("The gateway refused this connection.").waitFor();
    expect(await page.locator("form.login").isVisible()).toBe(false);
    await page.getByRole("button", { name: "Retry now" }).click();
    await page.getByText("Connected").waitFor();
  });
});
