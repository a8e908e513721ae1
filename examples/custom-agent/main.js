// The gateway with an agent of your own. Any object with `run` is an agent. This one adds numbers,
// without a model or a key.
import assert from "node:assert/strict";
import { chatOnce } from "@mini-openclaw/example-check";
import { GatewayServer } from "@mini-openclaw/gateway";
import { createMemoryStore } from "@mini-openclaw/session-store";
import { addingMachine } from "./adding-machine.js";

const gateway = new GatewayServer({ store: createMemoryStore(), agent: addingMachine });
const { port } = await gateway.listen({ port: 0 });

const url = `ws://127.0.0.1:${port}/`;
assert.equal(await chatOnce(url, "40"), "That makes 40.");
assert.equal(await chatOnce(url, "2"), "That makes 42.");
console.log("40 and 2: That makes 42.");

await gateway.close();
