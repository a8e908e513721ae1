import { readFileSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ErrorCode, errorCodes } from "@mini-openclaw/protocol";
import {
  openSessionStore,
  StoreError,
  type StoreErrorCode,
  storeErrorCodes,
} from "@mini-openclaw/session-store";
import { describe, expect, onTestFinished, test } from "vitest";
import { AuthError } from "../src/auth/authenticate.ts";
import { toHttpError } from "../src/http/answer/http-error.ts";
import { GatewayError, toClientError } from "../src/shared/errors.ts";
import { testGateway } from "./test-gateway.ts";

const protocol = readFileSync(new URL("../../../PROTOCOL.md", import.meta.url), "utf8");

/** The codes of PROTOCOL.md whose retry column begins with yes or no. */
const documented = [...protocol.matchAll(/^\| (`[A-Z_`, ]+`) \| .* \| (yes|no)\b[^|]*\|$/gm)].flatMap(
  ([, codes = "", retry]) => codes.split(", ").map((code) => [code.replaceAll("`", ""), retry] as const),
);

test("a code is retryable where PROTOCOL.md has it so, in frames and over HTTP", () => {
  const given = documented.map(([code]) => {
    const error = new GatewayError(code as ErrorCode, "x");
    const both = [toClientError(error).retryable, toHttpError(error).retryable];
    return [code, both.every(Boolean) ? "yes" : both.some(Boolean) ? "differs" : "no"];
  });

  expect(given).toEqual(documented);
  expect(documented.length).toBeGreaterThan(20);
  for (const [code] of documented) expect(Object.keys(errorCodes)).toContain(code);
});

test.each([
  ["SESSION_NOT_FOUND", "SESSION_NOT_FOUND", false, 404],
  ["INVALID_SESSION_ID", "SESSION_NOT_FOUND", false, 404],
  ["INVALID_OPTION", "INVALID_FRAME", false, 400],
  ["SESSION_BUSY", "SESSION_BUSY", true, 409],
  ["SESSION_ARCHIVED", "SESSION_ARCHIVED", false, 409],
  ["SESSION_LOCKED", "SESSION_LOCKED", true, 503],
  ["SESSION_STOLEN", "SESSION_LOCKED", true, 503],
  ["QUEUE_FULL", "STORE_FAILED", true, 503],
  ["WRITE_FAILED", "STORE_FAILED", true, 503],
  ["READ_FAILED", "STORE_FAILED", true, 503],
  ["UNSUPPORTED_VERSION", "SESSION_UNSUPPORTED", false, 500],
  ["FOREIGN_FILE", "SESSION_UNSUPPORTED", false, 500],
  ["NOT_A_FILE", "SESSION_UNSUPPORTED", false, 500],
] as const)("the store's %s is %s for clients", (given, code, retryable, status) => {
  const error = new StoreError(given, "/secret/path");
  const answer = toHttpError(error);

  expect(toClientError(error)).toMatchObject({ code, retryable });
  expect(answer).toMatchObject({ code, retryable, status });
  expect("Retry-After" in answer.headers).toBe(retryable);
  expect(answer.message).not.toContain("secret");
});

test("the store's other codes are faults of the gateway", () => {
  const others: StoreErrorCode[] = [
    ...(["INVALID_KEY", "INVALID_MESSAGE", "SESSION_EXISTS", "FOLDER_LOCKED", "SEQ_MISMATCH"] as const),
    ...(["IDEMPOTENCY_CONFLICT", "LOG_CLOSED", "STORE_CLOSED"] as const),
  ];
  const faults = Object.values(storeErrorCodes).filter(
    (code) => toClientError(new StoreError(code, "x")).code === "INTERNAL",
  );

  expect(faults.sort()).toEqual(others.sort());
});

test.each([
  [401, "UNAUTHORIZED", false],
  [500, "INTERNAL", true],
  [503, "INTERNAL", true],
] as const)("an `authenticate` that ends in %i is %s", (status, code, retryable) => {
  const answer = toHttpError(new AuthError(status, "no"));

  expect(answer).toMatchObject({ status, code, retryable });
  expect("Retry-After" in answer.headers).toBe(retryable);
});

describe("a session that this version cannot open", () => {
  const line = JSON.stringify({ type: "session", v: 99, sessionId: "s", key: "webchat", createdAt: 1 });
  test.each([
    ["of a newer format", (path: string) => writeFile(path, `${line}\n`)],
    ["whose file is a folder", (path: string) => mkdir(path)],
    ["whose file is something else", (path: string) => appendFile(path, "no session\nat all\n")],
  ])("%s is refused for good, and reported", async (_name, create) => {
    const folder = await mkdtemp(join(tmpdir(), "error-codes-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await create(join(folder, "s.jsonl"));
    await using gateway = await testGateway({ store: await openSessionStore(folder) });
    const client = await gateway.connect();

    client.send({ type: "message", sessionId: "s", content: "hi", id: "m" });
    const error = await client.next("error");
    const response = await gateway.get("/sessions/s/messages");

    const answer = { code: "SESSION_UNSUPPORTED", retryable: false };
    expect(error).toMatchObject({ ...answer, replyTo: "m" });
    expect([response.status, await response.json()]).toMatchObject([500, answer]);
    expect(gateway.failures.length).toBe(2);
  });
});
