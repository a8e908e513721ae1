import { expect, test } from "vitest";
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
