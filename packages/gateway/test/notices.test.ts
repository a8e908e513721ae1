import type { ServerEvent } from "@mini-openclaw/protocol";
import { expect, test } from "vitest";
import { Notices } from "../src/connection/notices.ts";

/** A socket that is full until it is drained. */
function fullSocket() {
  const sent: string[] = [];
  let drain = () => {};
  const drained = new Promise<void>((resolve) => {
    drain = resolve;
  });
  const socket = {
    isFull: true,
    drained: () => drained,
    send: (event: ServerEvent) => void sent.push("sessionId" in event ? `${event.sessionId}` : event.type),
  };
  return {
    socket,
    sent,
    drain: async () => {
      socket.isFull = false;
      drain();
      for (let turn = 0; turn < 500; turn += 1) await Promise.resolve();
    },
  };
}

const notice = (sessionId: string): ServerEvent => ({ type: "session_deleted", sessionId });

test("notices go out at once while there is room", () => {
  const { socket, sent } = fullSocket();
  socket.isFull = false;
  const notices = new Notices(socket);

  notices.send("a", notice("a"));
  notices.send("a", notice("a"));

  expect(sent).toEqual(["a", "a"]);
});

test("of a full socket the newest notice of each session waits, in the order of the newest", async () => {
  const { socket, sent, drain } = fullSocket();
  const notices = new Notices(socket);

  for (const id of ["a", "b", "a", "c", "b"]) notices.send(id, notice(id));
  expect(sent).toEqual([]);
  await drain();

  expect(sent).toEqual(["a", "c", "b"]);
});

test("at most 100 notices wait, the newest ones", async () => {
  const { socket, sent, drain } = fullSocket();
  const notices = new Notices(socket);

  for (let count = 0; count < 1000; count += 1) notices.send(`${count}`, notice(`${count}`));
  await drain();

  expect([sent.length, sent.at(0), sent.at(-1)]).toEqual([100, "900", "999"]);
});
