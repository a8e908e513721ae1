import { describe, expect, test } from "vitest";
import { payloadOf, readPayload } from "../../src/cluster/payload.ts";
import { decode, type Envelope, Requests } from "../../src/cluster/requests.ts";

const change = (sid: number, entries: number[], live: number[] = []) => ({
  sid,
  entries: entries.map((seq) => ({ seq, line: "{}" })),
  live: live.map((seq) => ({ seq, line: "{}" })),
});

describe("the payload of a notification", () => {
  test("names each session with its newest number", () => {
    const payload = payloadOf([change(1, [3], [4, 5]), change(2, [9]), change(1, [6]), change(3, [])]);
    expect(payload).toBe("e1:6 2:9");
    expect(readPayload(payload ?? "")).toEqual({
      kind: "events",
      newest: new Map([
        [1, 6],
        [2, 9],
      ]),
    });
  });

  test("names the nodes that have mail, or none if they are too many", () => {
    expect(readPayload("m3 12")).toEqual({ kind: "mail", nodes: new Set([3, 12]) });
    expect(readPayload("m")).toEqual({ kind: "mail" });
    expect(readPayload("m3 x")).toEqual({ kind: "all" });
  });

  test("is absent without a line, and asks for everything where it would be too long", () => {
    expect(payloadOf([change(1, [])])).toBeUndefined();
    const many = Array.from({ length: 2_000 }, (_, sid) => change(1_000_000 + sid, [1]));
    expect(readPayload(payloadOf(many) ?? "")).toEqual({ kind: "all" });
    expect(readPayload("a text of another program")).toEqual({ kind: "all" });
  });
});

/** Requests of two nodes whose letters reach each other at once. */
function connected() {
  const sent: { from: number; to: number | undefined; envelope: Envelope }[] = [];
  const nodes = [1, 2].map(
    (from) => new Requests(({ to, body }) => sent.push({ from, to, envelope: decode(body) })),
  ) as [Requests, Requests];
  return { sent, one: nodes[0], two: nodes[1] };
}

describe("a request to another node", () => {
  test("is done once and answered each time that it arrives", async () => {
    const { sent, one, two } = connected();
    const answer = one.ask(2, "question");
    const [request] = sent;
    if (request?.envelope.kind !== "request") throw new Error("no request was sent");
    let count = 0;
    const work = async (body: string) => {
      count += 1;
      return `${body} ${count}`;
    };
    await two.onRequest(1, request.envelope, work);
    await two.onRequest(1, request.envelope, work);
    const answers = sent.slice(1).map(({ envelope }) => envelope);
    for (const envelope of answers) if (envelope.kind === "answer") one.onAnswer(envelope.id, envelope.body);

    expect(await answer).toBe("question 1");
    expect(answers).toHaveLength(2);
  });

  test("rejects with NODE_GONE when that node died or has left, and not when another one did", async () => {
    const { sent, one, two } = connected();
    const [first, second] = [one.ask(2, "a"), one.ask(2, "b")];
    const results = Promise.allSettled([first, second]);
    const [request] = sent;
    if (request?.envelope.kind !== "request") throw new Error("no request was sent");
    one.onGone(3);
    two.refuse(1, request.envelope.id);
    one.onLeft(request.envelope.id);
    one.onGone(2);

    expect(await results).toEqual([
      { status: "rejected", reason: expect.objectContaining({ code: "NODE_GONE" }) as unknown },
      { status: "rejected", reason: expect.objectContaining({ code: "NODE_GONE" }) as unknown },
    ]);
  });

  test("is sent again without its answer, to the node that may have lost it", () => {
    const { sent, one } = connected();
    const requests = [one.ask(2, "a"), one.ask(3, "b")];
    const [first] = sent;
    one.repeat(2);
    one.repeat();
    expect(sent.map(({ to }) => to)).toEqual([2, 3, 2, 2, 3]);
    expect(sent[2]).toEqual(first);

    if (first?.envelope.kind === "request") one.onAnswer(first.envelope.id, "answer");
    one.repeat();
    expect(sent.slice(5).map(({ to }) => to)).toEqual([3]);
    one.onGone(3);
    return Promise.allSettled(requests);
  });
});
