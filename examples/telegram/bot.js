// The bot for real: TELEGRAM_BOT_TOKEN of @BotFather, TELEGRAM_USERS with ids, ANTHROPIC_API_KEY.
import process from "node:process";
import { AgentRuntime, createBuiltinTools } from "@mini-openclaw/agent-runtime";
import { createAnthropicProvider } from "@mini-openclaw/agent-runtime/anthropic";
import { openSessionStore } from "@mini-openclaw/session-store";
import { startGateway } from "./create-gateway.js";
import { createTelegramChannel } from "./telegram-channel.js";

const { TELEGRAM_BOT_TOKEN: botToken, TELEGRAM_USERS: users = "", ANTHROPIC_API_KEY: apiKey } = process.env;
if (!botToken || !apiKey) {
  console.error("Set TELEGRAM_BOT_TOKEN, TELEGRAM_USERS and ANTHROPIC_API_KEY. README.md describes them.");
  process.exit(78);
}
const workspaceDir = process.cwd();
const store = await openSessionStore(".mini-openclaw/telegram");
await store.recover();
const agent = new AgentRuntime({
  provider: createAnthropicProvider({ apiKey, model: "claude-sonnet-5-5" }),
  tools: createBuiltinTools(workspaceDir),
  workspaceDir,
  // A chat cannot see what a command does. So it is asked before each one.
  approval: ({ toolName }) => (["bash", "write_file", "edit_file"].includes(toolName) ? "ask" : undefined),
});
const { gateway, url, token } = await startGateway({ store, agent });
const allowedUsers = users.split(",").map(Number).filter(Number.isSafeInteger);
const channel = createTelegramChannel({
  botToken,
  allowedUsers,
  gateway: { url, token },
  onEnd(error) {
    console.error(`The bot no longer polls: ${error.message}`);
    void stop(1);
  },
});
await channel.start();
console.log("The bot polls. Ctrl+C stops it.");
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop(0));

/** @param {number} code The exit code of the process. */
async function stop(code) {
  await channel.stop();
  await gateway.close();
  await store.close();
  process.exit(code);
}
