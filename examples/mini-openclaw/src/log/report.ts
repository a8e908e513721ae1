import process from "node:process";
import { AgentError } from "@mini-openclaw/agent-runtime";
import { ClientError } from "@mini-openclaw/client";
import { GatewayError } from "@mini-openclaw/gateway";
import { StoreError } from "@mini-openclaw/session-store";

/** The advice for an operator, by the code of the failure. */
const remedies: Record<string, string> = {
  MODEL_UNAUTHORIZED: "Check ANTHROPIC_API_KEY, or OPENAI_API_KEY for a server with OpenAI's API.",
  MODEL_REJECTED:
    "Check MINI_OPENCLAW_MODEL and the address of the server (ANTHROPIC_BASE_URL or OPENAI_BASE_URL).",
  MODEL_UNREACHABLE:
    "Check the address of the server (ANTHROPIC_BASE_URL or OPENAI_BASE_URL), the network, and HTTPS_PROXY.",
  TOKEN_REQUIRED:
    "Set MINI_OPENCLAW_TOKEN (try: openssl rand -hex 32), or set MINI_OPENCLAW_HOST to 127.0.0.1.",
  PORT_UNAVAILABLE: "Set MINI_OPENCLAW_PORT to a free port.",
  WRITE_FAILED: "Check the disk and MINI_OPENCLAW_DATA_DIR, which must be a folder that you may write.",
  FOLDER_LOCKED: "Wait for the end of that process, stop it, or set MINI_OPENCLAW_DATA_DIR.",
};

/** The system's codes for a host that is no address of this machine. */
const HOST_FAULTS = new Set<unknown>(["ENOTFOUND", "EAI_AGAIN", "EADDRNOTAVAIL"]);

/** The end of a system error's message: its call, and its path where it has one. */
const SYSTEM_CALL = /, \w+(?: '.*)?$/s;

/** Returns one line for a failure with a code, and the whole error with its stack for a bug. */
export function describeFailure(error: unknown): unknown {
  if (!isExpected(error)) return error;
  const { code, message, cause } = error;
  const reason = reasonOf(cause);
  const isNamed = message.includes(reason) || message.includes(reason.replace(SYSTEM_CALL, ""));
  const whole = isNamed ? message : `${message.replace(/\.$/, "")} (${reason}).`;
  const sentence = /[.!?]$/.test(whole) ? whole : `${whole}.`;
  return [sentence, remedyOf(code, cause)]
    .filter(Boolean)
    .join(" ")
    .replaceAll(/\s*\n\s*/g, " ");
}

type ExpectedError = AgentError | ClientError | GatewayError | StoreError;

function isExpected(error: unknown): error is ExpectedError {
  return AgentError.is(error) || ClientError.is(error) || GatewayError.is(error) || StoreError.is(error);
}

/** Returns the words of the first cause. Libraries wrap it in errors that say less. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  return reasonOf(error.cause) || error.message || ("code" in error ? String(error.code) : "");
}

function remedyOf(code: string, cause: unknown): string | undefined {
  // Servers such as OpenRouter answer so to an account without credit.
  if (cause instanceof Error && "status" in cause && cause.status === 402) {
    return "Check the credit of your account at the model's server.";
  }
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
