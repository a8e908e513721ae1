import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { serveWebChat } from "@mini-openclaw/web-chat";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { says } from "./answers.ts";
import { eventually, launchBrowser, listedOn, openPage, say, whyNoBrowser } from "./browser.ts";
import { type Answer, startGateway } from "./test-gateway.ts";

const timestamp = 1;

const asks: Answer = async ({ content }, { show, ask, stopped }) => {
  if (content !== "ask") return stopped;
  const call = { callId: "c1", toolName: "write_file", input: {} };
  show({ type: "assistant_message", id: "a1", content: "", toolCalls: [call], timestamp });
  await ask(call, "It changes a file.");
};

describe.skipIf(whyNoBrowser)("the page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser?.close());

  test("marks a chat that waits for an approval, and counts it in the title, until it is decided", async () => {
    await using gateway = await startGateway({ answer: asks });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "ask");
    await page.getByRole("button", { name: "Allow once" }).waitFor();
    await page.getByRole("button", { name: "New chat" }).click();
    await page.locator(".welcome").waitFor();
    await say(page, "work");

    await eventually(() => listedOn(page)).toEqual(["> work · Answering", "ask · Waiting for your approval"]);
    await eventually(() => page.title()).toBe("1 approval · work · Mini OpenClaw");

    await page.getByRole("link", { name: /^ask/ }).click();
    await page.getByRole("button", { name: "Deny" }).focus();
    await page.keyboard.press("Enter");
    await eventually(() => page.title()).toBe("ask · Mini OpenClaw");
    await eventually(() => listedOn(page)).toContain("> ask");
  });

  test("finds a chat that waits for an approval while a search lists others, and forgets it when it was decided elsewhere", async () => {
    await using gateway = await startGateway({ answer: asks });
    await using tab = await openPage(browser, gateway.url);
    await using other = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "ask");
    await page.getByRole("button", { name: "Allow once" }).waitFor();
    await page.getByRole("button", { name: "New chat" }).click();
    await page.locator(".welcome").waitFor();
    await page.getByRole("searchbox").fill("whale");
    await page.getByText("Nothing found").waitFor();

    await page.keyboard.press("Alt+a");
    await page.getByRole("button", { name: "Allow once" }).waitFor();
    await page.getByRole("button", { name: "New chat" }).click();
    await page.locator(".welcome").waitFor();
    await page.context().setOffline(true);
    gateway.cut();
    await other.page.getByRole("link", { name: /^ask/ }).click();
    await other.page.getByRole("button", { name: "Deny" }).click();
    await eventually(() => other.page.title()).toBe("ask · Mini OpenClaw");
    await page.context().setOffline(false);

    await eventually(() => page.title()).toBe("Mini OpenClaw");
  });

  test("shows a lost network at once, and a gateway that still answers as connected", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await page.getByText("Connected").waitFor();

    await page.context().setOffline(true);
    await page.getByText("You are offline.").waitFor();
    await page.context().setOffline(false);
    await page.getByText("Connected").waitFor();

    // The browser reports no network, but the gateway on the same device answers.
    await page.evaluate(() => dispatchEvent(new Event("offline")));
    await eventually(() => page.getByText("You are offline.").isVisible()).toBe(false);
    expect(await page.getByText("Connected").isVisible()).toBe(true);
  });

  test("keeps the reason of a failure through a reload, and continues an answer that was stopped", async () => {
    const answer: Answer = async ({ content }, { show, stopped }) => {
      if (content !== "story")
        return show({ type: "assistant_message", id: "a2", content: "The end.", timestamp });
      show({ type: "chunk", messageId: "a1", content: "Once" });
      await stopped;
      show({ type: "assistant_message", id: "a1", content: "Once", partial: "aborted", timestamp });
    };
    await using gateway = await startGateway({ answer });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "story");
    await page.getByRole("main").getByText("Once").waitFor();
    await page.keyboard.press("Escape");
    await page.getByText("Stopped here").waitFor();
    await page.reload();
    await page.getByText("Stopped here").waitFor();

    await page.getByRole("button", { name: "Continue" }).click();

    await page.getByRole("main").getByText("The end.").waitFor();
    expect(await page.locator(".user .bubble").allInnerTexts()).toEqual(["story", "Continue."]);
  });

  test("copies a message to the message box, to edit it and send it again", async () => {
    await using gateway = await startGateway({ answer: says("Hello.") });
    await using tab = await openPage(browser, gateway.url);
    const { page } = tab;
    await say(page, "one");
    await page.locator(".answer-end").waitFor();

    await page.locator(".user").hover();
    await page.getByRole("button", { name: "Edit" }).click();

    const field = page.getByRole("textbox", { name: "Message" });
    expect(await field.inputValue()).toBe("one");
    expect(await field.evaluate((one) => one === document.activeElement)).toBe(true);
  });

  test("sends a reader whom the app's own authentication refuses to the app's login", async () => {
    const store = createMemoryStore();
    let isLoggedIn = false;
    const gateway = new GatewayServer({
      store,
      agent: { async *run() {} },
      authenticate: () => (isLoggedIn ? { id: "reader" } : null),
    });
    const handler = serveWebChat({ title: "Claw", greeting: "Welcome.", loginUrl: "/app-login" });
    const server = createServer((request, response) => {
      if (!handler(request, response)) response.writeHead(404).end();
    });
    gateway.attach(server, { path: "/" });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      await using tab = await openPage(browser, `http://127.0.0.1:${port}/`);
      const { page } = tab;
      await page.getByText("You are not logged in").waitFor();

      expect(await page.getByRole("link", { name: "Log in" }).getAttribute("href")).toBe("/app-login");
      expect(await page.title()).toBe("Claw");
      isLoggedIn = true;
      await page.getByRole("button", { name: "Retry now" }).last().click();
      await page.getByRole("heading", { name: "Welcome." }).waitFor();
      expect(await page.getByText("You are not logged in").isVisible()).toBe(false);
    } finally {
      server.close();
      server.closeAllConnections();
      await gateway.close({ drainMs: 0 });
      await store.close();
    }
  });
});
