import { priceOf } from "@mini-openclaw/agent-runtime";
import type { MiniOpenClawConfig } from "./config.ts";

export interface BannerFacts {
  address: string;
  /** The directory that the tools work in. */
  toolsDir: string;
  skills: readonly string[];
  tools: readonly string[];
  /** What `bash` runs in. */
  sandbox: string;
  isDemo: boolean;
}

function costs({ model, maxRunCostUsd, maxSessionCostUsd, maxDayCostUsd }: MiniOpenClawConfig): string {
  const price = priceOf(model);
  if (!price) return "not known: no price for this model; runs are held by their tokens alone";
  const limits = [
    `a run stops at $${maxRunCostUsd}`,
    ...(maxSessionCostUsd < Infinity ? [`a session at $${maxSessionCostUsd}`] : []),
    ...(maxDayCostUsd < Infinity ? [`a day (UTC) at $${maxDayCostUsd}`] : []),
  ];
  return `$${price.input} in, $${price.output} out a million tokens; ${limits.join(", ")}`;
}

/** What the operator sees when the gateway is up: everything that was decided, and where to go. */
export function banner(config: MiniOpenClawConfig, facts: BannerFacts): string {
  const { skills, tools, isDemo } = facts;
  const rows = [
    ["workspace", facts.toolsDir],
    ["model", isDemo ? "scripted demo (no ANTHROPIC_API_KEY)" : config.model],
    ...(isDemo ? [] : [["costs", costs(config)]]),
    ...(config.baseURL && !isDemo ? [["base URL", config.baseURL]] : []),
    ["address", `${facts.address}${config.token ? "  (asks for the token)" : ""}`],
    ...(config.metrics ? [["metrics", `${facts.address}metrics`]] : []),
    ["sessions", config.sessionsDir],
    ["memory", config.memoryDir],
    ["skills", skills.length === 0 ? `none (${config.skillsDir})` : skills.join(", ")],
    ["tools", tools.join(", ")],
    ["sandbox", facts.sandbox],
    ...(config.schedule
      ? [["schedule", `every ${config.schedule.everyMinutes} min: ${config.schedule.instruction}`]]
      : []),
  ];
  const lines = rows.map(([name = "", value]) => `  ${name.padEnd(10)} ${value}`);
  const demo = [
    "",
    "  No model is asked: a script answers, and its tools are real. For a real one, set ANTHROPIC_API_KEY.",
  ];
  return ["", "Mini OpenClaw", ...lines, ...(isDemo ? demo : []), "", `Open ${facts.address}`, ""].join("\n");
}
