import { expect, test } from "vitest";
import { createSpeaker } from "./speaker.ts";
import { shown, testGateway, until, untilShown } from "./test-client.ts";

const token = "a-token-of-at-least-32-bytes-as-it-must-be";

test("opens a gateway with the right token", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Hello.").agent, { token });
  const session = gateway.connect({ token }).session();
  await session.send("hi");
  await untilShown(session, "assistant: Hello.");

  expect(shown(session)).toEqual(["user: hi", "assistant: Hello."]);
});

test("opens a gateway without a token with any token", async () => {
  await using gateway = await testGateway(createSpeaker().agent);

  const client = gateway.connect({ token });

  expect(await until(client, ({ phase }) => phase !== "connecting")).toMatchObject({ phase: "open" });
});

test("does not retry a wrong token, and connects with the right one on retryNow()", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Hello.").agent, { token });
  let given = "not the token, though it has its length";
  const client = gateway.connect({ token: () => given });
  const session = client.session();
  const sent = session.send("hi");

  const held = await until(client, ({ phase }) => phase === "held");
  expect(held).toMatchObject({
    error: { code: "UNAUTHORIZED", message: "close code 4401 that is not the token. Pass another `token`." },
  });
  gateway.clock.advance(60_000);
  expect(gateway.network.connectionCount).toBe(1);
  given = token;
  client.retryNow();
  await sent;
  await untilShown(session, "assistant: Hello.");

  expect(shown(session)).toEqual(["user: hi", "assistant: Hello."]);
});

test("keeps trying without the token, and names the refused handshake", async () => {
  await using gateway = await testGateway(createSpeaker().agent, { token });

  const errors: string[] = [];
  const client = gateway.connect({ onFailure: ({ code, message }) => errors.push(`${code}: ${message}`) });

  const waiting = await until(client, ({ phase }) => phase !== "connecting");

  // ws 8.23 names the status in its `error` event.
  expect(waiting).toMatchObject({ phase: "waiting", error: { code: "CONNECT_FAILED" } });
  expect(errors).toEqual(["CONNECT_FAILED: Unexpected server response: 401"]);
});
