import type { IncomingMessage, ServerResponse } from "node:http";
import type { MemoryManager, SkillsLoader } from "@mini-openclaw/agent-runtime";
import type { DayCost, PageFact, PageSchedule, PageSettings } from "@mini-openclaw/web-chat";
import type { ModelChoice, ModelChoices } from "./model-choices.ts";

export interface PageSettingsDeps {
  choices: ModelChoices;
  costs: () => Promise<readonly DayCost[]>;
  tools: () => readonly PageFact[];
  skills: Pick<SkillsLoader, "load">;
  memory: Pick<MemoryManager, "readLongTerm" | "readDailyLog">;
  schedules: () => readonly PageSchedule[];
}

// A command has two names and an id.
const MAX_BODY_BYTES = 10_000;

const codes: Readonly<Record<number, string>> = { 405: "METHOD_NOT_ALLOWED", 503: "STORE_FAILED" };

/** A request that cannot be answered, with its status. */
class BadRequest extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Creates the answers to `GET settings` and `POST settings` of the page. */
export function createPageSettings(deps: PageSettingsDeps) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    try {
      if (request.method === "POST") sendJson(response, 200, await select(request, deps));
      else if (request.method === "GET") sendJson(response, 200, await read(request, deps));
      else throw new BadRequest(405, "/settings accepts GET and POST.");
    } catch (error) {
      if (!(error instanceof BadRequest)) throw error;
      const { status, message } = error;
      sendJson(response, status, {
        error: message,
        code: codes[status] ?? "INVALID_REQUEST",
        retryable: status === 503,
      });
    }
  };
}

async function read({ url = "" }: IncomingMessage, deps: PageSettingsDeps): Promise<PageSettings> {
  const { searchParams } = new URL(url, "http://localhost");
  // The page asks for them with each connection. The costs of many sessions take longer.
  if (searchParams.get("only") === "schedules") return { schedules: deps.schedules() };
  const session = searchParams.get("session");
  const [costs, { skills }, ...memory] = await Promise.all([
    deps.costs(),
    deps.skills.load(),
    factOf("MEMORY.md", async () => {
      const text = await deps.memory.readLongTerm();
      return text === undefined ? [] : [{ name: "MEMORY.md", text }];
    }),
    factOf("daily log", async () => {
      const today = await deps.memory.readDailyLog();
      return today === undefined ? [] : [{ name: `${today.day}.md`, text: today.text }];
    }),
  ]);
  return {
    ...deps.choices.offered,
    ...(session !== null && { chat: deps.choices.of(session) }),
    // A server whose models have no prices shows no chart.
    costs: costs.some(({ costUsd }) => costUsd > 0) ? costs : [],
    tools: deps.tools(),
    skills: skills.map(({ name, description }) => ({ name, text: description })),
    memory: memory.flat(),
    schedules: deps.schedules(),
  };
}

/** One file that cannot be read must not hide the rest of the settings. */
async function factOf(name: string, read: () => Promise<PageFact[]>): Promise<PageFact[]> {
  try {
    return await read();
  } catch (error) {
    return [{ name, text: `It cannot be read: ${(error as Error).message}` }];
  }
}

/** Selects a model and an effort for a chat. An empty name stands for the default. */
async function select(
  request: IncomingMessage,
  { choices }: PageSettingsDeps,
): Promise<{ chat: ModelChoice }> {
  const { sessionId, model, effort } = await readBody(request);
  if (typeof sessionId !== "string" || sessionId === "" || sessionId.length > 128)
    throw new BadRequest(400, `\`sessionId\` must be the id of a chat, got ${JSON.stringify(sessionId)}.`);
  const { models, efforts } = choices.offered;
  const choice = { ...chosen("model", model, models), ...chosen("effort", effort, efforts) };
  try {
    choices.set(sessionId, choice);
  } catch (error) {
    throw new BadRequest(503, `${(error as Error).message}. Check the disk, then select it again.`);
  }
  return { chat: choice };
}

function chosen(field: "model" | "effort", value: unknown, offered: readonly string[]): ModelChoice {
  if (value === undefined || value === "") return {};
  if (typeof value === "string" && offered.includes(value)) return { [field]: value };
  const names = offered.length === 0 ? "empty" : `one of ${offered.join(", ")}`;
  throw new BadRequest(400, `\`${field}\` must be ${names}, got ${JSON.stringify(value)}.`);
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES)
      throw new BadRequest(413, `The body must have at most ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (typeof body === "object" && body !== null) return body as Record<string, unknown>;
  } catch {
    // Answered below.
  }
  throw new BadRequest(400, 'The body must be a JSON object such as {"sessionId":"…"}.');
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(JSON.stringify(value));
}
