import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test } from "vitest";
import type { DialectConnection } from "../src/index.ts";
import { gate, MemorySocket, testGateway } from "./test-gateway.ts";

/** A socket in a phase of the standard's, that counts who listens to it. */
class PhasedSocket extends MemorySocket {
  readonly readyState: number;
  listening = 0;

  constructor(readyState: number) {
    super();
    this.readyState = readyState;
  }

  override addEventListener(type: string, listener: (event: never) => void): void {
    this.listening += 1;
    super.addEventListener(type, listener);
  }
}

test.each([
  ["is closing", 2],
  ["is closed", 3],
])("a socket that %s already is not taken, and nothing of it stays", async (_, readyState) => {
  await using test = await testGateway();
  const socket = new PhasedSocket(readyState);

  test.gateway.accept(socket);

  expect(socket.listening).toBe(0);
  expect(test.gateway.health()).toMatchObject({ connections: 0, sessions: 0 });
});

test("a socket that closes while its first session is looked for leaves nothing behind", async () => {
  const [looking, looked] = gate();
  const [found, find] = gate();
  await using test = await testGateway();
  const get = test.store.getOrCreateSession.bind(test.store);
  test.store.getOrCreateSession = async (...asked) => {
    looked();
    await found;
    return get(...asked);
  };
  const socket = new PhasedSocket(1);
  test.gateway.accept(socket);
  await looking;

  socket.close();
  find();
  const client = await test.connect();

  expect(test.gateway.health()).toMatchObject({ connections: 1, sessions: 1 });
  await client.close();
});

test("an upgrade whose client is gone already takes the place of no other", async () => {
  await using test = await testGateway({ connections: { maxConnections: 1 } });
  const [gone, leave] = gate();
  const server = createServer().on("upgrade", (request, socket, head) => {
    // The app has something to look up first, and the client does not wait.
    client.destroy();
    socket.resume().on("end", () => socket.destroy());
    socket.on("close", () => {
      test.gateway.handleUpgrade(request, socket, head);
      leave();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  await gone;

  const other = await test.connect();

  expect(test.gateway.health()).toMatchObject({ connections: 1 });
  await other.close();
  server.close();
});

/** Accepts the codes that the standard lets an app close with, and no others. */
class StandardSocket extends PhasedSocket {
  closedWith: number | undefined;

  override close(code = 1005): void {
    if (code !== 1005 && code !== 1000 && (code < 3000 || code > 4999))
      throw new DOMException(`close code ${code}`, "InvalidAccessError");
    this.closedWith = code;
    super.close();
  }
}

test("a socket that cannot be closed with the gateway's codes is closed without one", async () => {
  await using test = await testGateway();
  const sockets = [new StandardSocket(1), new StandardSocket(1)];
  for (const socket of sockets) test.gateway.accept(socket);

  await test.gateway.close();

  expect(sockets.map(({ closedWith }) => closedWith)).toEqual([1005, 1005]);
  expect(test.gateway.health()).toMatchObject({ connections: 0 });
  const late = new StandardSocket(1);
  test.gateway.accept(late);
  expect(late.closedWith).toBe(1005);
});

/** A socket of which one member throws. */
function socketWithout(broken: string): MemorySocket {
  const socket = new MemorySocket();
  const fail = () => {
    throw new Error(`no ${broken}`);
  };
  if (broken === "readyState" || broken === "protocol") {
    Object.defineProperty(socket, broken, { get: fail });
    return socket;
  }
  const add = socket.addEventListener.bind(socket);
  socket.addEventListener = (type: string, listener: (event: never) => void) =>
    type === broken ? fail() : add(type, listener);
  return socket;
}

test.each(["readyState", "protocol", "message", "close", "error"])(
  "a socket whose %s throws is reported, closed and forgotten",
  async (broken) => {
    await using test = await testGateway();

    test.gateway.accept(socketWithout(broken));
    // A later client is greeted after everything that the first one began.
    const client = await test.connect();

    expect(test.gateway.health()).toMatchObject({ connections: 1, sessions: 1 });
    expect(test.failures).toEqual([`a socket of \`accept\`: no ${broken}`]);
    await client.close();
  },
);

test("a socket whose `message` event is no event is reported and closed", async () => {
  await using test = await testGateway();
  const socket = new MemorySocket();
  const add = socket.addEventListener.bind(socket);
  let emit: (event: never) => void = () => undefined;
  socket.addEventListener = (type: string, listener: (event: never) => void) => {
    if (type === "message") emit = listener;
    add(type, listener);
  };
  test.gateway.accept(socket);

  emit(undefined as never);

  expect(test.gateway.health()).toMatchObject({ connections: 0 });
  expect(test.failures).toEqual([expect.stringMatching(/^a socket of `accept`: /)]);
});

test("a connection that its dialect closes at once is forgotten", async () => {
  await using test = await testGateway();
  const connect = (connection: DialectConnection) => {
    connection.close(1008, "no");
    return { read: () => undefined, write: () => [] };
  };

  test.gateway.accept(new MemorySocket(), { dialect: { connect } });
  const client = await test.connect();

  expect(test.gateway.health()).toMatchObject({ connections: 1, sessions: 1 });
  await client.close();
});
