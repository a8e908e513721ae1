import { AsyncLocalStorage } from "node:async_hooks";
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

/** Reads a body piece by piece, as `for await` does. The body waits while nobody reads. */
class Pieces {
  readonly #waiting: ((piece: string | undefined) => void)[] = [];
  #taken: ((wantsMore: boolean) => void) | undefined;
  readonly ended: Promise<void>;

  constructor(body: FlowingBody) {
    this.ended = body.read(
      (piece) =>
        new Promise((resolve) => {
          this.#taken = resolve;
          this.#waiting.shift()?.(Buffer.from(piece).toString());
        }),
    );
    this.ended.then(
      () => this.#waiting.shift()?.(undefined),
      () => undefined,
    );
  }

  /** Resolves with the next piece, or `undefined` at the end. */
  next(): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#taken?.(true);
    });
  }

  /** Wants no more. */
  async stop(): Promise<void> {
    this.#taken?.(false);
    await this.ended;
  }
}

test("gives the whole body in order", async () => {
  const sent = Buffer.from(Array.from({ length: 300_000 }, (_, place) => place % 251));
  const body = new FlowingBody(await answerOf((_request, response) => response.end(sent)));
  const pieces: Uint8Array[] = [];
  await body.read((piece) => pieces.push(piece) > 0);
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
  await body.read((piece) => {
    // The socket waits after so many bytes. Two smaller pieces may come in one turn.
    if (piece.length >= 32_768) turnsOfLargePieces.push(turn);
    return true;
  });
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
  const reading = new FlowingBody(message).read((piece) => pieces.push(Buffer.from(piece).toString()) > 0);
  await expect(reading).rejects.toThrow("aborted");
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
  const pieces = new Pieces(body);
  await pieces.next();
  body.gather(chars);
  const next = pieces.next();
  answer?.write("one");
  await once(message, "data");
  answer?.end(", two");
  expect(await next).toBe(expected);
  await pieces.stop();
});

test("closes the connection when its reader stops", async () => {
  const message = await answerOf((_request, response) => response.write("first"));
  await new FlowingBody(message).read((piece) => {
    expect(Buffer.from(piece).toString()).toBe("first");
    return false;
  });
  expect(message.destroyed).toBe(true);
});

test.each([
  ["throws", () => fails()],
  ["rejects", async () => fails()],
])("closes the connection when its reader %s", async (_how, take) => {
  const message = await answerOf((_request, response) => response.write("first"));
  await expect(new FlowingBody(message).read(take)).rejects.toThrow("no room");
  expect(message.destroyed).toBe(true);
});

test("joins what comes while its reader is busy", async () => {
  let answer: ServerResponse | undefined;
  const message = await answerOf((_request, response) => {
    answer = response;
    response.write("one");
  });
  const pieces = new Pieces(new FlowingBody(message, () => 0));
  expect(await pieces.next()).toBe("one");
  answer?.write("two, ");
  await once(message, "data");
  answer?.write("three");
  await once(message, "data");
  expect(await pieces.next()).toBe("two, three");
  answer?.end();
  expect(await pieces.next()).toBeUndefined();
});

test("joins the chunks of one read, without a promise of its reader", async () => {
  const message = await answerOf((request, response) => {
    response.flushHeaders();
    const chunks = ["one, ", "two, ", "three"].map((text) => `${text.length.toString(16)}\r\n${text}\r\n`);
    setImmediate(() => request.socket.end(`${chunks.join("")}0\r\n\r\n`));
  });
  const pieces: string[] = [];
  await new FlowingBody(message, () => 0).read((piece) => pieces.push(Buffer.from(piece).toString()) > 0);
  expect(pieces).toEqual(["one, two, three"]);
});

test("its reader runs in the context of the read", async () => {
  const context = new AsyncLocalStorage<string>();
  const message = await context.run("socket", () => answerOf((_request, response) => response.end("text")));
  const contexts: unknown[] = [];
  await context.run("run", () => new FlowingBody(message).read(() => contexts.push(context.getStore()) > 0));
  expect(contexts).toEqual(["run"]);
});

function fails(): never {
  throw new Error("no room");
}

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
    const pieces = new Pieces(body);
    expect(await pieces.next()).toBe("shown");
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
    return { pieces, response: answer!, came };
  }

  test("joins all text of the next 16 ms into one piece", async () => {
    const { pieces, response, came } = await shownBody();
    const next = pieces.next();
    response.write("one, ");
    await came(5);
    vi.advanceTimersByTime(15);
    response.write("two");
    await came(8);
    vi.advanceTimersByTime(1);

    expect(await next).toBe("one, two");
    response.end();
    expect(await pieces.next()).toBeUndefined();
  });

  test("passes later text on at once", async () => {
    const { pieces, response } = await shownBody();
    vi.advanceTimersByTime(16);
    response.write("late");
    expect(await pieces.next()).toBe("late");
    await pieces.stop();
  });

  test("a late timer resolves no read before its data", async () => {
    const { pieces, response, came } = await shownBody();
    const early = pieces.next();
    response.write("one, ");
    await came(5);
    // The clock advances, and the timers of a busy process do not.
    const now = vi.spyOn(performance, "now").mockReturnValue(performance.now() + 17);
    response.write("two");
    expect(await early).toBe("one, two");
    const next = pieces.next();
    vi.advanceTimersByTime(16);
    now.mockRestore();
    response.write("three");
    expect(await next).toBe("three");
    await pieces.stop();
  });

  test("the end waits for nothing", async () => {
    const { pieces, response } = await shownBody();
    response.end("last");
    expect(await pieces.next()).toBe("last");
    expect(await pieces.next()).toBeUndefined();
  });

  test("32 KiB wait for nothing", async () => {
    const { pieces, response } = await shownBody();
    response.write(Buffer.alloc(32_768));
    let length = 0;
    while (length < 32_768) length += (await pieces.next())?.length ?? 0;
    expect(length).toBe(32_768);
    await pieces.stop();
  });
});
