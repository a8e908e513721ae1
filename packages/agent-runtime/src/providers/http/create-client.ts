import type { ModelOptions } from "@mini-openclaw/protocol";
import { checkCount, invalidOption } from "../../shared/check-options.ts";
import { AgentError } from "../../shared/errors.ts";
import { timerDelay } from "../../shared/timers.ts";
import type { Sdk } from "../errors/api-errors.ts";
import { secretsOf } from "../errors/secrets.ts";
import type { Connection } from "./ask-model.ts";
import { createModelFetch } from "./model-fetch.ts";
import type { Fetch } from "./node-fetch.ts";

/** The options that all providers share. */
export interface ClientOptions {
  baseURL?: string | undefined;
  timeoutMs?: number | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  query?: Readonly<Record<string, string>> | undefined;
  extraBody?: Readonly<Record<string, unknown>> | undefined;
  fetch?: Fetch | undefined;
}

/** @throws AgentError `INVALID_OPTION` */
export function checkClientOptions({
  apiKey,
  baseURL,
  timeoutMs,
}: ClientOptions & { apiKey?: string }): void {
  // The text is not quoted: it may be a key with a character too many.
  if (apiKey !== undefined && !/^[\x21-\x7e]*$/.test(String(apiKey).trim()))
    throw invalidOption("apiKey", "a key of printable ASCII characters without blanks", "another text");
  checkAddress("baseURL", baseURL);
  if (timeoutMs !== undefined) checkCount("timeoutMs", timeoutMs);
}

/** Checks the address of a server, if there is one. @throws AgentError `INVALID_OPTION` */
export function checkAddress(name: string, address: string | undefined): void {
  if (address === undefined) return;
  if (!/^https?:$/.test(protocolOf(address)))
    throw invalidOption(name, 'an address such as "http://127.0.0.1:11434/v1"', address);
  // A path would be added behind it, and the server would get none of it.
  if (address.includes("#")) throw invalidOption(name, "an address without `#`", address);
}

function protocolOf(address: string): string {
  return URL.canParse(address) ? new URL(address).protocol : "";
}

/** The constructor of an SDK's client. */
export interface SdkClass<Client> extends Sdk {
  new (options: {
    apiKey: string;
    baseURL?: string;
    timeout: number;
    maxRetries: 0;
    defaultHeaders?: Record<string, string>;
    defaultQuery?: Record<string, string>;
    fetch: Fetch;
    openTelemetry: false;
  }): Client;
}

/** Makes the client of an SDK. It retries nothing, because the run loop does. */
export async function createClient<Client>(
  importSdk: () => Promise<SdkClass<Client>>,
  packageName: string,
  apiKey: string,
  { baseURL, timeoutMs = 60_000, headers, query, extraBody, fetch }: ClientOptions,
): Promise<Connection<Client>> {
  // Imported on first use: an SDK costs 170 to 190 ms of CPU.
  const sdk = await importSdk().catch((cause: unknown) => {
    const message = `The provider needs the package ${packageName}: npm install ${packageName}`;
    throw new AgentError("INVALID_OPTION", message, { cause });
  });
  const secrets = secretsOf(apiKey, { headers, query, extraBody });
  const { fetch: send, bodyOf } = createModelFetch(fetch, secrets);
  const client = new sdk({
    apiKey,
    ...(baseURL && { baseURL }),
    timeout: timerDelay(timeoutMs),
    maxRetries: 0,
    ...(headers && { defaultHeaders: { ...headers } }),
    ...(query && { defaultQuery: { ...query } }),
    fetch: send,
    // The agent's hooks make one span of each call. A second one would count its tokens twice.
    openTelemetry: false,
  });
  return { client, sdk, bodyOf };
}

/** Returns the settings of a run, with a provider's own options as defaults. */
export function withOptions(own: ModelOptions, forRun: ModelOptions): ModelOptions {
  const { effort = own.effort, temperature = own.temperature, thinking = own.thinking } = forRun;
  const { headers } = forRun;
  return {
    ...(effort !== undefined && { effort }),
    ...(temperature !== undefined && { temperature }),
    ...(thinking !== undefined && { thinking }),
    ...(headers !== undefined && { headers }),
    extraBody: { ...own.extraBody, ...forRun.extraBody },
  };
}
