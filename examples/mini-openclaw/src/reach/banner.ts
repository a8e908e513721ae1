import { priceOf } from "@mini-openclaw/agent-runtime";
import type { MiniOpenClawConfig } from "../settings/config.ts";

/** Facts that the settings do not have. */
export interface BannerFacts {
  /** The address for this machine. */
  address: string;
  /** The addresses for others. */
  reachable: readonly string[];
  /** The directory that the tools work in. */
  workspaceDir: string;
  skillNames: readonly string[];
  toolNames: readonly string[];
  /** The sandbox of `bash`. */
  sandboxState: string;
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

function modelsOf({ model, fallbackModels }: MiniOpenClawConfig): string {
  return fallbackModels.length === 0 ? model : `${model}, then ${fallbackModels.join(", then ")}`;
}

/**
 * Returns the text that the operator sees when the server runs: the settings in use and the
 * address.
 */
export function banner(config: MiniOpenClawConfig, facts: BannerFacts): string {
  const { skillNames, toolNames, isDemo } = facts;
  const rows = [
    ["workspace", facts.workspaceDir],
    ["model", isDemo ? "scripted demo (no key and no address of a model's server)" : modelsOf(config)],
    ...(isDemo ? [] : [["costs", costs(config)]]),
    ...(config.server.baseURL === undefined ? [] : [["base URL", config.server.baseURL]]),
    ["address", `${facts.address}${config.token ? "  (needs the token)" : ""}`],
    ...facts.reachable.map((address) => ["for others", address]),
    ...(config.metrics ? [["metrics", `${facts.address}metrics`]] : []),
    ...(config.openClaw
      ? [["OpenClaw", `openclaw tui --url ${facts.address.replace("http", "ws")}openclaw`]]
      : []),
    ["sessions", config.sessionsDir],
    ["memory", config.memoryDir],
    ["skills", skillNames.length === 0 ? `none (${config.skillsDir})` : skillNames.join(", ")],
    ["tools", toolNames.join(", ")],
    ["sandbox", facts.sandboxState],
    ...(config.approval.join() === "off"
      ? []
      : [["approval", `the page asks before calls (${config.approval.join(", ")})`]]),
    ...(config.schedule
      ? [["schedule", `every ${config.schedule.everyMinutes} min: ${config.schedule.instruction}`]]
      : []),
  ];
  const lines = rows.map(([name = "", value]) => `  ${name.padEnd(10)} ${value}`);
  const demo = [
    "",
    "  A script answers instead of a model, with real tools. Set ANTHROPIC_API_KEY to use a model.",
  ];
  return [
    "",
    "Mini OpenClaw",
    ...lines,
    ...(isDemo ? demo : []),
    "",
    `Open ${facts.reachable[0] ?? facts.address}`,
    "",
  ].join("\n");
}
