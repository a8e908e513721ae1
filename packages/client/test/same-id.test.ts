import { expect, test } from "vitest";
import { createSpeaker } from "./speaker.ts";
import { testGateway, until } from "./test-client.ts";

const inUse = { code: "INVALID_OPTION", message: "`id` is in use." };

test("refuses a message under the id of one on its way to another session, which may be sent again", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const client = gateway.connect();
  const away = await client.create();
  const watched = await client.create();
  await until(watched, ({ phase }) => phase === "live");

  const first = watched.send("hi", { id: "1" });
  const second = away.send("hi", { id: "1" });

  await expect(second).rejects.toMatchObject(inUse);
  await expect(first).resolves.toMatchObject({ id: "1" });
  await expect(away.sendAgain("1")).resolves.toMatchObject({ id: "1" });
});

test("sends a message again under its id after it was discarded on its way", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const client = gateway.connect();
  const session = client.session();
  await until(session, ({ phase }) => phase === "live");

  const first = session.send("hi", { id: "1" });
  session.discard("1");
  const second = session.send("hi", { id: "1" });

  await expect(first).rejects.toMatchObject({ code: "DISCARDED" });
  await expect(second).resolves.toMatchObject({ id: "1" });
});
