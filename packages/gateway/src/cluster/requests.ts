import type { ApprovalDecision, ResyncEvent, SessionMeta, WaitingApproval } from "@mini-openclaw/protocol";
import { isInstance } from "@mini-openclaw/protocol/shared";
import type { AcceptedRun, SubmittedMessage } from "../run/run-types.ts";
import type { Edit } from "../sessions/add-run.ts";
import { codeOf, GatewayError, toClientError } from "../shared/errors.ts";
import type { LivePosition } from "./session-runs.ts";

/** The methods of a store that change a session, and that its owner calls. */
export type StoreMethod =
  | "renameSession"
  | "archiveSession"
  | "unarchiveSession"
  | "deleteSession"
  | "undeleteSession";

/** The requests that one node sends to the owner of a session, with their answers. */
export interface ClusterRequests {
  submit: { args: [message: SubmittedMessage]; answer: RemoteRun };
  retry: { args: [retry: { runId: string; requestId?: string | undefined }]; answer: RemoteRun };
  edit: { args: [edit: Edit]; answer: RemoteRun };
  abort: { args: [runId?: string]; answer: void };
  approve: { args: [callId: string, decision: ApprovalDecision, runId?: string]; answer: void };
  hasRun: { args: [runId: string]; answer: boolean };
  startOf: { args: [runId: string]; answer: number | undefined };
  live: { args: []; answer: LivePosition | undefined };
  progress: { args: [upTo: number]; answer: Pick<ResyncEvent, "runId" | "queued"> };
  endRuns: { args: [runId?: string]; answer: void };
  release: { args: []; answer: void };
  store: { args: [method: StoreMethod, title?: string]; answer: SessionMeta | undefined };
}

export type RequestName = keyof ClusterRequests;

/** One request, as it travels. */
export interface ClusterRequest<Name extends RequestName = RequestName> {
  readonly name: Name;
  readonly sessionId: string;
  readonly args: ClusterRequests[Name]["args"];
}

/** A run that another node accepted. */
export type RemoteRun = Pick<AcceptedRun, "runId" | "position" | "isRepeated"> & { after: number };

/** A notice that one node sends to all others. */
export type ClusterNotice =
  /** The state of a session changed. */
  | ({ readonly type: "changed" } & SessionState)
  /** All sessions of the sender that run or wait. */
  | { readonly type: "all"; readonly sessions: readonly SessionState[] }
  /** The sender wants to know the sessions of the others. */
  | { readonly type: "hello" }
  | { readonly type: "deleted"; readonly session: SessionMeta };

/** The state of a session that only its owner knows. */
export interface SessionState {
  readonly sessionId: string;
  readonly running: boolean;
  /** The tool calls that wait for a decision. */
  readonly waiting: readonly WaitingApproval[];
}

type Answer =
  | { readonly ok: true; readonly value?: unknown }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** The answer of a node that does not own the session any longer. */
const NOT_OWNER = "NOT_OWNER";

const movedCodes: ReadonlySet<unknown> = new Set([NOT_OWNER, "NODE_GONE", "SESSION_LOCKED"]);

/**
 * Returns true for an error after which another node may do the request: the session moved, or the
 * other node that owns it stops.
 */
export function isMoved(error: unknown, isElsewhere = false): boolean {
  const code = codeOf(error);
  return movedCodes.has(code) || (isElsewhere && code === "DRAINING");
}

/** An error that only nodes see. */
export class NotOwnerError extends Error {
  override readonly name = "NotOwnerError";
  readonly code = NOT_OWNER;
}

export function encodeAnswer(value: unknown): string {
  return JSON.stringify({ ok: true, value } satisfies Answer);
}

/** Encodes an error as clients may see it. */
export function encodeError(error: unknown): string {
  const { code, message } = isInstance(error, NotOwnerError)
    ? { code: NOT_OWNER, message: error.message }
    : toClientError(error);
  return JSON.stringify({ ok: false, code, message } satisfies Answer);
}

/** @throws the error of the other node */
export function decodeAnswer(text: string): unknown {
  const answer = JSON.parse(text) as Answer;
  if (answer.ok) return answer.value;
  if (answer.code === NOT_OWNER) throw new NotOwnerError(answer.message);
  throw new GatewayError(answer.code as ConstructorParameters<typeof GatewayError>[0], answer.message);
}
