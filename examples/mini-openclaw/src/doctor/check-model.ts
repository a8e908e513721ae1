import type { ModelProvider } from "@mini-openclaw/protocol";
import { describeFailure } from "../log/report.ts";
import { createProviders } from "../model/create-provider.ts";
import type { MiniOpenClawConfig } from "../settings/config.ts";
import type { Finding } from "./finding.ts";

const MODEL_MS = 20_000;
const MAX_ANSWER_TOKENS = 16;
// Signed requests, tokens and certificates fail beyond a few minutes.
const MAX_CLOCK_MS = 300_000;

/** Asks each model for a word, and compares the clock with the server's. */
export async function checkModel(config: MiniOpenClawConfig): Promise<Finding[]> {
  if (config.server.api === "demo")
    return [
      {
        check: "model",
        level: "warning",
        message: "A scripted demo answers.",
        remedy:
          "Set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL and MINI_OPENCLAW_MODEL for a server of your own.",
      },
    ];
  const { provider, fallbacks } = await createProviders(config);
  const answers = await Promise.all([provider, ...fallbacks].map(askForWord));
  return [...answers, ...(await checkClock(config))];
}

async function askForWord(provider: ModelProvider): Promise<Finding> {
  const check = `model ${provider.model}`;
  try {
    const stream = provider.stream(
      {
        system: { stable: "Answer with one word.", volatile: "" },
        messages: [{ role: "user", content: "Are you there?", timestamp: Date.now() }],
        tools: [],
        toolChoice: "none",
      },
      { signal: AbortSignal.timeout(MODEL_MS), maxAnswerTokens: MAX_ANSWER_TOKENS },
    );
    for await (const _ of stream) break;
    return { check, level: "good", message: "answers" };
  } catch (error) {
    return { check, level: "problem", message: String(describeFailure(error)) };
  }
}

/** Any answer of the server has its time. No answer is the other check's matter. */
async function checkClock({ server }: MiniOpenClawConfig): Promise<Finding[]> {
  const address =
    server.baseURL ?? (server.api === "anthropic" ? "https://api.anthropic.com" : "https://api.openai.com");
  try {
    const { headers } = await fetch(address, { method: "HEAD", signal: AbortSignal.timeout(MODEL_MS) });
    const theirs = Date.parse(headers.get("date") ?? "");
    const differenceMs = Math.abs(Date.now() - theirs);
    if (!(differenceMs > MAX_CLOCK_MS)) return [{ check: "clock", level: "good", message: "right" }];
    return [
      {
        check: "clock",
        level: "problem",
        message: `The clock differs from the model server's by ${Math.round(differenceMs / 1000)} s.`,
        remedy: "Set the clock of this machine (timedatectl set-ntp true).",
      },
    ];
  } catch {
    return [];
  }
}
