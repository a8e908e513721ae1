import { describe, expect, test } from "vitest";
import { createSpeaker } from "./speaker.ts";
import { shown, testGateway, until, untilShown } from "./test-client.ts";

describe("several sessions", () => {
  test("are listed, and each continues where it was when it is watched again", async () => {
    const speaker = createSpeaker();
    await using gateway = await testGateway(speaker.agent);
    const client = gateway.connect();
    const one = client.session();
    await one.send("one");
    await speaker.say("First");
    await untilShown(one, "streaming: First");

    const two = await client.create();
    await untilShown(two);
    expect([one.getSnapshot().phase, shown(two)]).toEqual(["away", []]);
    await speaker.say(" answer.");
    speaker.end();
    await two.send("two");
    await speaker.say("Second");
    await untilShown(two, "streaming: Second");
    expect(shown(one)).toEqual(["user: one", "streaming: First"]);

    const { sessions } = await client.ask({ type: "list" });
    expect(sessions.map(({ title, running }) => [title, running])).toEqual([
      ["two", true],
      ["one", false],
    ]);
    expect(client.session(sessions[1]?.sessionId)).toBe(one);
    await untilShown(one, "assistant: First answer.");
    expect(shown(one)).toEqual(["user: one", "assistant: First answer."]);
    expect(two.getSnapshot().phase).toBe("away");
  });

  test("accept messages while another one is watched, which misses nothing", async () => {
    const speaker = createSpeaker((content) => `You said: ${content}`);
    await using gateway = await testGateway(speaker.agent);
    const client = gateway.connect();
    const one = client.session();
    await one.send("one");
    const two = await client.create();
    await two.send("two");

    await one.send("to one");
    await gateway.connect().session(two.getSnapshot().sessionId).send("to two");
    await until(two, ({ view }) => view.items.length === 4 && view.activeRuns.length === 0);
    client.session(one.getSnapshot().sessionId);
    await until(one, ({ view }) => view.items.length === 4 && view.activeRuns.length === 0);

    const said = (content: string) => [`user: ${content}`, `assistant: You said: ${content}`];
    expect(shown(one)).toEqual([...said("one"), ...said("to one")]);
    expect(shown(two)).toEqual([...said("two"), ...said("to two")]);
  });

  test("accept more messages in turn, while they are away, than may wait at once", async () => {
    const speaker = createSpeaker(() => "Yes.");
    await using gateway = await testGateway(speaker.agent);
    const client = gateway.connect();
    const one = client.session();
    await one.send("first");
    const two = await client.create();
    await untilShown(two);
    for (let count = 1; count <= 51; count += 1) await one.send(`no. ${count}`);

    expect(one.getSnapshot().outbox).toEqual([]);
    expect(speaker.heard.length).toBeGreaterThan(30);
  });

  test("keep the watched one when a create is aborted", async () => {
    const speaker = createSpeaker();
    await using gateway = await testGateway(speaker.agent);
    const client = gateway.connect();
    const one = client.session();
    await one.send("one");
    await speaker.say("First");
    await untilShown(one, "streaming: First");
    const stop = new AbortController();
    const created = client.create({ signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(created).rejects.toThrow("enough");

    await client.ask({ type: "list" });
    await speaker.say(" answer.");
    speaker.end();
    await until(one, ({ view }) => view.activeRuns.length === 0);

    expect(shown(one)).toEqual(["user: one", "assistant: First answer."]);
  });

  test("are listed in pages", async () => {
    await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
    const client = gateway.connect();
    for (const content of ["one", "two", "three"]) await (await client.create()).send(content);

    const first = await client.ask({ type: "list", limit: 2 });
    const rest = await client.ask({
      type: "list",
      limit: 2,
      ...(first.cursor !== undefined && { cursor: first.cursor }),
    });

    expect(first.sessions.map(({ title }) => title)).toEqual(["three", "two"]);
    expect([rest.sessions.map(({ title }) => title), rest.cursor]).toEqual([["one"], undefined]);
  });
});

test("renames, finds, forks, archives and deletes sessions, and reports the changes", async () => {
  await using gateway = await testGateway(createSpeaker(() => "Yes.").agent);
  const client = gateway.connect();
  const changes: string[] = [];
  const stopHearing = client.onSessionChange((change) => {
    if (change.type === "session_deleted") changes.push(`deleted ${change.sessionId}`);
    else changes.push(`${change.title}${change.archived ? " (archived)" : ""}`);
  });
  const session = client.session();
  await session.send("about dragons");
  await until(session, ({ view }) => view.items.length === 2 && view.activeRuns.length === 0);
  const { sessionId = "" } = session.getSnapshot();

  expect(await client.ask({ type: "rename", sessionId, title: "龙" })).toMatchObject({ title: "龙" });
  const { sessions } = await client.ask({ type: "search", text: "DRAGON" });
  expect(sessions.map(({ title }) => title)).toEqual(["龙"]);
  const fork = await client.ask({ type: "fork", sessionId });
  expect(fork.forkedFrom?.sessionId).toBe(sessionId);
  await client.ask({ type: "archive", sessionId });
  await client.ask({ type: "delete", sessionId: fork.sessionId });

  expect((await client.ask({ type: "list" })).sessions).toEqual([]);
  expect((await client.ask({ type: "list", archived: true })).sessions).toMatchObject([{ sessionId }]);
  await expect(client.ask({ type: "rename", sessionId: fork.sessionId, title: "x" })).rejects.toMatchObject({
    code: "SESSION_NOT_FOUND",
  });
  stopHearing();
  expect(changes).toEqual(
    expect.arrayContaining(["about dragons", "龙", "龙 (archived)", `deleted ${fork.sessionId}`]),
  );
});
