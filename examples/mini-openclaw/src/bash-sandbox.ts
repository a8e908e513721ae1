import { findSandbox, type Sandbox } from "@mini-openclaw/agent-runtime";
import { ConfigError, type MiniOpenClawConfig } from "./config.ts";

/** What `bash` runs in, and what the operator is told of it. */
export interface BashSandbox {
  sandbox?: Sandbox;
  state: string;
}

/**
 * Finds what the setting asks for. Commands see nothing of the data directory.
 *
 * @throws ConfigError if a sandbox is required and there is none
 */
export async function findBashSandbox({
  sandbox: use,
  dataDir,
}: Pick<MiniOpenClawConfig, "sandbox" | "dataDir">): Promise<BashSandbox> {
  if (use === "off") return { state: "off: bash is as free as this user" };
  const { sandbox, problem } = await findSandbox({ hidden: [dataDir] });
  if (sandbox) {
    return { sandbox, state: `${sandbox.name}: bash writes in the workspace only; the network is open` };
  }
  if (use === "auto") return { state: `none: bash is as free as this user (${problem})` };
  const message = `is "required", but there is no sandbox: ${problem}`;
  throw new ConfigError([{ name: "MINI_OPENCLAW_SANDBOX", message }]);
}
