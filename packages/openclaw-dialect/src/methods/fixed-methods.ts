import { perform } from "../feeds/perform.ts";
import { AGENT_ID } from "../wire/session-key.ts";
import type { Method, MethodContext } from "./method.ts";

const RECENT_SESSIONS = 5;

const health: Method = async (_params, context) => {
  const startedAt = Date.now();
  const { count, recent } = await loadRecent(context);
  const ts = Date.now();
  return {
    ok: true,
    ts,
    durationMs: ts - startedAt,
    channels: {},
    channelOrder: [],
    channelLabels: {},
    heartbeatSeconds: 0,
    defaultAgentId: AGENT_ID,
    agents: [],
    sessions: { path: "", count, recent },
  };
};

async function loadRecent({ connection }: MethodContext): Promise<{ count: number; recent: object[] }> {
  const { sessions } = await perform(connection, { type: "list", limit: 200 }, "sessions");
  const now = Date.now();
  const recent = sessions.slice(0, RECENT_SESSIONS).map(({ key, updatedAt }) => {
    return { key: connection.keyOf(key) ?? key, updatedAt, age: Math.max(0, now - updatedAt) };
  });
  return { count: sessions.length, recent };
}

const listAgents: Method = () => ({
  defaultId: AGENT_ID,
  mainKey: "main",
  scope: "per-sender",
  agents: [{ id: AGENT_ID }],
});

const listModels: Method = (_params, { model }) => ({
  models: model
    ? [
        {
          id: model.id,
          name: model.id,
          provider: model.provider,
          ...(model.contextTokens !== undefined && { contextWindow: model.contextTokens }),
        },
      ]
    : [],
});

/** Methods whose answers do not depend on sessions, so that clients work that ask for them. */
export const fixedMethods: Readonly<Record<string, Method>> = {
  health,
  status: () => ({}),
  "system-presence": () => [],
  // Clients read addresses of pages from it. A gateway of an app has none.
  "config.get": () => ({ exists: false, valid: true, config: {}, runtimeConfig: {}, issues: [] }),
  "agents.list": listAgents,
  "models.list": listModels,
  "commands.list": () => ({ commands: [] }),
  "question.list": () => ({ questions: [] }),
  "taskSuggestions.list": () => ({ suggestions: [] }),
};
