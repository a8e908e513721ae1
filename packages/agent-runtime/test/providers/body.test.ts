import { EventEmitter, once } from "node:events";
import {
  createServer,
  get,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FlowingBody } from "../../src/providers/http/body.ts";

/** Returns the answer of a server that answers so; the server ends with it. */
async function answerOf(listener: RequestListener): Promise<IncomingMessage> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const request = get({ port: (server.address() as AddressInfo).port, agent: false });
  const [message] = (await once(request, "response")) as [IncomingMessage];
  message.on("close", () => server.close());
  return message;
}

test("gives the whole body in order", async () => {
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, place) => place % 251));
  const body = new FlowingBody(await answerOf((_request, response) => response.end(sent)));
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(sent)).toBe(true);
});

test("a server that sends faster than is read leaves turns of the event loop to others", async () => {
  const body = new FlowingBody(await answerOf((_request, response) => response.end(Buffer.alloc(4_000_000))));
  let turn = 0;
  let ticking: NodeJS.Immediate;
  const tick = () => {
    turn += 1;
    ticking = setImmediate(tick);
  };
  tick();
  const turnsOfLargePieces: number[] = [];
  for await (const piece of body) if (piece.length >= 16_384) turnsOfLargePieces.push(turn);
  clearImmediate(ticking!);
  expect(turnsOfLargePieces.length).toBeGreaterThan(10);
  expect(turnsOfLargePieces).toEqual([...new Set(turnsOfLargePieces)]);
});

test("fails when the connection breaks in the middle", async () => {
  const message = await answerOf((_request, response) => {
    response.writeHead(200, { "content-length": 10 });
    response.write("half", () => response.destroy());
  });
  const pieces: string[] = [];
  const reading = async () => {
    for await (const piece of new FlowingBody(message)) pieces.push(Buffer.from(piece).toString());
  };
  await expect(reading()).rejects.toThrow("aborted");
  expect(pieces).toEqual(["half"]);
});

test.each([
  [99, "one"],
  [100, "one, two"],
])("on an idle process, a piece of %d characters is followed by %j", async (chars, expected) => {
  let answer: ServerResponse | undefined;
  const message = await answerOf((_request, response) => {
    answer = response;
    response.write("shown");
  });
  const body = new FlowingBody(message, () => 0);
  await body.next();
  body.gather(chars);
  const next = body.next();
  answer?.write("one");
  await once(message, "data");
  answer?.end(", two");
  expect(String((await next).value)).toBe(expected);
  await body.return();
});

test("closes the connection when its reader stops", async () => {
  const message = await answerOf((_request, response) => response.write("first"));
  for await (const piece of new FlowingBody(message)) {
    expect(Buffer.from(piece).toString()).toBe("first");
    break;
  }
  expect(message.destroyed).toBe(true);
});

describe("after a piece that was shown", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /**
   * A body of which "shown" was read and shown; `came` resolves when so many bytes more are here.
   */
  async function shownBody() {
    let answer: ServerResponse | undefined;
    const message = await answerOf((_request, response) => {
      answer = response;
      response.write("shown");
    });
    const body = new FlowingBody(message, () => 16);
    const first = await body.next();
    expect(String(first.value)).toBe("shown");
    body.gather(5);
    let bytes = 0;
    const arrivals = new EventEmitter();
    message.on("data", (piece: Buffer) => {
      bytes += piece.length;
      arrivals.emit("arrival");
    });
    const came = async (expected: number) => {
      while (bytes < expected) await once(arrivals, "arrival");
    };
    return { body, response: answer!, came };
  }

  test("joins all text of the next 16 ms into one piece", async () => {
    const { body, response, came } = await shownBody();
    const next = body.next();
    response.write("one, ");
    await came(5);
    vi.advanceTimersByTime(15);
    response.write("two");
    await came(8);
    vi.advanceTimersByTime(1);

    expect(String((await next).value)).toBe("one, two");
    response.end();
    expect((await body.next()).done).toBe(true);
  });

  test("passes later text on at once", async () => {
    const { body, response } = await shownBody();
    vi.advanceTimersByTime(16);
    response.write("late");
    expect(String((await body.next()).value)).toBe("late");
    await body.return();
  });

  test("a late timer resolves no read before its data", async () => {
    const { body, response, came } = await shownBody();
    const early = body.next();
    response.write("one, ");
    await came(5);
    // The clock advances, and the timers of a busy process do not.
    const now = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 17);
    response.write("two");
    expect(String((await early).value)).toBe("one, two");
    const next = body.next();
    vi.advanceTimersByTime(16);
    now.mockRestore();
    response.write("three");
    expect(await next).toEqual({ done: false, value: Buffer.from("three") });
    await body.return();
  });

  test("the end waits for nothing", async () => {
    const { body, response } = await shownBody();
    response.end("last");
    expect(String((await body.next()).value)).toBe("last");
    expect((await body.next()).done).toBe(true);
  });

  test("32 KiB wait for nothing", async () => {
    const { body, response } = await shownBody();
    response.write(Buffer.alloc(32_768));
    let length = 0;
    while (length < 32_768) length += (await body.next()).value?.length ?? 0;
    expect(length).toBe(32_768);
    await body.return();
  });
});
