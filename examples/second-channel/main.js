// A second channel needs no change in any package. It is a client of the gateway, which trusts it
// to name the person.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { createInterface } from "node:readline";
import { AgentRuntime } from "@mini-openclaw/agent-runtime";
import { createScriptedProvider, says } from "@mini-openclaw/agent-runtime/testing";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { createLineChannel } from "./line-channel.js";

// A model that counts the user's messages in the session.
const provider = createScriptedProvider(({ messages }) => {
  const lines = messages.filter(({ role }) => role === "user");
  return [says("That is ", `line ${lines.length}.`)];
});

const gateway = new GatewayServer({
  store: createMemoryStore(),
  agent: new AgentRuntime({ provider }),
  // A client with the token is a channel, and names the person.
  authenticate: ({ headers: { "x-person": person } }) =>
    typeof person === "string" ? { id: `lines:${person}` } : null,
  sessionKey: (person) => person?.id ?? "webchat",
});
const token = randomBytes(32).toString("hex");
const { port } = await gateway.listen({ port: 0, token });

const channel = createLineChannel({ url: `ws://127.0.0.1:${port}/`, token });
channel.listen(0, "127.0.0.1");
await once(channel, "listening");

assert.deepEqual(await talk("alice", "Hello?"), "That is line 1.");
assert.deepEqual(await talk("bob", "Hello?"), "That is line 1.");
assert.deepEqual(await talk("alice", "And again."), "That is line 2.");
assert.equal(await talk("", "Hello?"), "! A name has 1 to 40 characters, got 0.");
console.log("Three lines of two people, in two sessions.");

channel.close();
await gateway.close();

/**
 * Sends a name and a line, as `nc` would, and returns the first line that comes back.
 * @param {string} name
 * @param {string} line
 */
async function talk(name, line) {
  const { port } = /** @type {import("node:net").AddressInfo} */ (channel.address());
  const socket = connectTcp(port, "127.0.0.1");
  socket.write(`${name}\n${line}\n`);
  const [answer] = await once(createInterface({ input: socket }), "line");
  socket.destroy();
  return answer;
}
