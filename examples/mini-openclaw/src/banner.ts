import { priceOf } from "@mini-openclaw/agent-runtime";
import type { MiniOpenClawConfig } from "./settings/config.ts";

/** Facts that the settings do not have. */
export interface BannerFacts {
  address: string;
  /** The directory that the tools work in. */
  toolsDir: string;
  skills: readonly string[];
  tools: readonly string[];
  /** The sandbox of `bash`. */
  sandbox: string;
  isDemo: boolean;
}

function costs({ model, maxRunCostUsd, maxSessionCostUsd, maxDayCostUsd }: MiniOpenClawConfig): string {
  const price = priceOf(model);
  if (!price) return "unknown: this model has no known price, so only limits on tokens apply";
  const limits = [
    `a run stops at $${maxRunCostUsd}`,
    ...(maxSessionCostUsd < Infinity ? [`a session at $${maxSessionCostUsd}`] : []),
    ...(maxDayCostUsd < Infinity ? [`a day (UTC) at $${maxDayCostUsd}`] : []),
  ];
  return `$${price.input} in, $${price.output} out per million tokens; ${limits.join(", ")}`;
}

/**
 * Returns the text that the operator sees when the server runs: the settings in use and the
 * address.
 */
export function banner(config: MiniOpenClawConfig, facts: BannerFacts): string {
  const { skills, tools, isDemo } = facts;
  const rows = [
    ["workspace", facts.toolsDir],
    ["model", isDemo ? "scripted demo (no ANTHROPIC_API_KEY)" : config.model],
    ...(isDemo ? [] : [["costs", costs(config)]]),
    ...(config.baseURL && !isDemo ? [["base URL", config.baseURL]] : []),
    ["address", `${facts.address}${config.token ? "  (needs the token)" : ""}`],
    ...(config.metrics ? [["metrics", `${facts.address}metrics`]] : []),
    ["sessions", config.sessionsDir],
    ["memory", config.memoryDir],
    ["skills", skills.length === 0 ? `none (${config.skillsDir})` : skills.join(", ")],
    ["tools", tools.join(", ")],
    ["sandbox", facts.sandbox],
    ...(config.approval === "off" ? [] : [["approval", `the page asks before ${config.approval}`]]),
    ...(config.schedule
      ? [["schedule", `every ${config.schedule.everyMinutes} min: ${config.schedule.instruction}`]]
      : []),
  ];
  const lines = rows.map(([name = "", value]) => `  ${name.padEnd(10)} ${value}`);
  const demo = [
    "",
    "  A script answers instead of a model, with real tools. Set ANTHROPIC_API_KEY to use a model.",
  ];
  return ["", "Mini OpenClaw", ...lines, ...(isDemo ? demo : []), "", `Open ${facts.address}`, ""].join("\n");
}
