import { expect, test } from "vitest";
import { createSpeaker } from "./speaker.ts";
import { shown, testGateway, until, untilShown } from "./test-client.ts";

const token = "a token of at least 32 bytes, as it must be";

test("the right token opens a gateway that has one", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Hello.").agent, { token });
  const session = gateway.connect({ token }).session();
  await session.send("hi");
  await untilShown(session, "assistant: Hello.");

  expect(shown(session)).toEqual(["user: hi", "assistant: Hello."]);
});

test("a gateway without a token takes any", async () => {
  await using gateway = await testGateway(createSpeaker().agent);

  const client = gateway.connect({ token });

  expect(await until(client, ({ phase }) => phase !== "connecting")).toMatchObject({ phase: "open" });
});

test("a wrong token is not tried again; the right one is, when the client is told to", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Hello.").agent, { token });
  let given = "not the token, though it has its length";
  const client = gateway.connect({ token: () => given });
  const session = client.session();
  const sent = session.send("hi");

  const held = await until(client, ({ phase }) => phase === "held");
  expect(held).toMatchObject({
    error: { code: "UNAUTHORIZED", message: "close code 4401 that is not the token" },
  });
  gateway.clock.advance(60_000);
  expect(gateway.network.connectionCount).toBe(1);
  given = token;
  client.retryNow();
  await sent;
  await untilShown(session, "assistant: Hello.");

  expect(shown(session)).toEqual(["user: hi", "assistant: Hello."]);
});

test("a client without the token keeps trying: a refused handshake does not say why", async () => {
  await using gateway = await testGateway(createSpeaker().agent, { token });

  expect(await until(gateway.connect(), ({ phase }) => phase !== "connecting")).toMatchObject({
    phase: "waiting",
  });
});
