import process from "node:process";
import { AgentError } from "@mini-openclaw/agent-runtime";
import { GatewayError } from "@mini-openclaw/gateway";
import { StoreError } from "@mini-openclaw/session-store";

/** The advice for an operator, by the code of the failure. */
const remedies: Record<string, string> = {
  MODEL_UNAUTHORIZED: "Check ANTHROPIC_API_KEY.",
  MODEL_REJECTED: "Check MINI_OPENCLAW_MODEL and ANTHROPIC_BASE_URL.",
  MODEL_UNREACHABLE: "Check ANTHROPIC_BASE_URL, the network, and HTTPS_PROXY if you need a proxy.",
  TOKEN_REQUIRED:
    "Set MINI_OPENCLAW_TOKEN (try: openssl rand -hex 32), or set MINI_OPENCLAW_HOST to 127.0.0.1.",
  PORT_UNAVAILABLE: "Set MINI_OPENCLAW_PORT to a free port.",
  FOLDER_LOCKED: "Stop that process, or set MINI_OPENCLAW_DATA_DIR.",
};

/** The system's codes for a host that is no address of this machine. */
const HOST_FAULTS = new Set<unknown>(["ENOTFOUND", "EAI_AGAIN", "EADDRNOTAVAIL"]);

/** Returns one line for a failure with a code, and the whole error with its stack for a bug. */
export function describeFailure(error: unknown): unknown {
  const isExpected = AgentError.is(error) || GatewayError.is(error) || StoreError.is(error);
  if (!isExpected) return error;
  const { code, message, cause } = error;
  const isNew = cause instanceof Error && !message.includes(cause.message);
  const whole = isNew ? `${message.replace(/\.$/, "")} (${cause.message}).` : message;
  const sentence = /[.!?]$/.test(whole) ? whole : `${whole}.`;
  return [sentence, remedyOf(code, cause)]
    .filter(Boolean)
    .join(" ")
    .replaceAll(/\s*\n\s*/g, " ");
}

function remedyOf(code: string, cause: unknown): string | undefined {
  const systemCode = cause instanceof Error && "code" in cause ? cause.code : undefined;
  if (code === "PORT_UNAVAILABLE" && HOST_FAULTS.has(systemCode)) {
    return "Set MINI_OPENCLAW_HOST to an address of this machine.";
  }
  return remedies[code];
}

/** Prints a problem of one part of the server on standard error. */
export function printProblem(part: string, problem: unknown): void {
  const described = describeFailure(problem);
  if (typeof described === "string") process.stderr.write(`[${part}] ${described}\n`);
  else console.error(`[${part}]`, described);
}
