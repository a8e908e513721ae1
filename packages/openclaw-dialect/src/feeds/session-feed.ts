import type { MessageEntry, NumberedEvent, ResyncEvent } from "@mini-openclaw/protocol";
import { isMessageEntry, toEntry } from "@mini-openclaw/protocol";
import {
  type OpenClawDecision,
  toApprovalId,
  toApprovalRecord,
  toTheirDecision,
} from "../rows/approval-record.ts";
import { toMessageRow } from "../rows/message-row.ts";
import { type InFlightRun, RunFeed, type RunFeedDeps } from "./run-feed.ts";

/** A session at the moment from which its events follow. */
export type SessionStart = Pick<ResyncEvent, "sessionId" | "messages" | "runId" | "queued">;

type RunOwnEvent = Extract<NumberedEvent, { runId: string }>;

/** Translates the events of one session to those of OpenClaw's protocol. */
export class SessionFeed {
  readonly sessionKey: string;
  readonly sessionId: string;
  readonly #deps: RunFeedDeps;
  /** The runs that have not ended, by our ids. */
  readonly #runs = new Map<string, RunFeed>();
  /** The runs that messages of this client were added to, by the ids of the messages. */
  readonly #sentTo = new Map<string, string>();
  /** The runs of the tool calls that wait for a decision, by call. */
  readonly #approvals = new Map<string, string>();

  constructor(start: SessionStart, deps: RunFeedDeps) {
    this.sessionKey = deps.sessionKey;
    this.sessionId = start.sessionId;
    this.#deps = deps;
    const { runId, messages, queued = [] } = start;
    if (runId !== undefined) this.#addActive(runId, messages);
    for (const message of queued) this.#runOf(message);
  }

  /** True while a run is active or waits. */
  get isBusy(): boolean {
    return this.#runs.size > 0;
  }

  /** The active run. */
  get inFlight(): InFlightRun | undefined {
    for (const { inFlight } of this.#runs.values()) if (inFlight) return inFlight;
    return undefined;
  }

  /** Returns the runs that have not ended, or the one of this id or with a message of this id. */
  findRuns(runId?: string): { ours: string; theirs: string }[] {
    const all = [...this.#runs].map(([ours, { id: theirs }]) => ({ ours, theirs }));
    if (runId === undefined) return all;
    const found = all.filter(({ ours, theirs }) => theirs === runId || ours === runId);
    if (found.length > 0) return found;
    const isWith = ({ ours }: { ours: string }) =>
      this.#sentTo.get(runId) === ours || this.#runs.get(ours)?.hasMessage(runId);
    return all.filter(isWith).map(({ ours }) => ({ ours, theirs: runId }));
  }

  /** Notes the run of a message that was accepted. It may be a run that was active before. */
  addSent(messageId: string, runId: string): void {
    const run = this.#runs.get(runId);
    if (run && run.id !== messageId) this.#sentTo.set(messageId, runId);
  }

  onEvent(event: NumberedEvent): void {
    if (!("runId" in event)) {
      const { sessionKey, sessionId } = this;
      return this.#deps.emit("sessions.changed", { sessionKey, sessionId, reason: "patch", ts: Date.now() });
    }
    const run = this.#runOf(event);
    if (event.type === "user_message") run.addMessage(event.requestId);
    this.#followApprovals(event);
    run.onEvent(event);
    this.#sendMessage(event);
    if (event.type === "run_end") this.#endRun(event.runId);
  }

  /** Sends no more. */
  close(): void {
    for (const run of this.#runs.values()) run.close();
  }

  #endRun(runId: string): void {
    this.#runs.delete(runId);
    for (const [messageId, sentTo] of this.#sentTo) if (sentTo === runId) this.#sentTo.delete(messageId);
  }

  #addActive(runId: string, messages: readonly MessageEntry[]): void {
    const own = messages.filter((message) => message.runId === runId);
    const first = own.find((message) => message.role === "user");
    const run = new RunFeed(first?.requestId ?? runId, this.#deps, first?.timestamp ?? Date.now());
    for (const message of own) run.addPast(message);
    this.#runs.set(runId, run);
  }

  #runOf({ runId, requestId }: { runId: string; requestId?: string }): RunFeed {
    const known = this.#runs.get(runId);
    if (known) return known;
    const run = new RunFeed(requestId ?? runId, this.#deps);
    this.#runs.set(runId, run);
    return run;
  }

  /** Sends a message of the transcript. */
  #sendMessage(event: RunOwnEvent): void {
    const entry = toEntry(event);
    if (!entry || !isMessageEntry(entry)) return;
    const { sessionKey, sessionId } = this;
    const { id: messageId, seq: messageSeq } = entry;
    const message = toMessageRow(entry);
    this.#deps.emit("session.message", { sessionKey, sessionId, messageId, messageSeq, message });
  }

  #followApprovals(event: RunOwnEvent): void {
    if (event.type === "approval_request") {
      this.#approvals.set(event.callId, event.runId);
      this.#deps.emit("plugin.approval.requested", toApprovalRecord(event, this.sessionKey));
    } else if (event.type === "approval_done") {
      this.#endApproval(event, toTheirDecision(event.decision));
    } else if (event.type === "run_end") {
      for (const [callId, runId] of this.#approvals)
        if (runId === event.runId) this.#endApproval({ runId, callId }, "deny");
    }
  }

  #endApproval({ runId, callId }: { runId: string; callId: string }, decision: OpenClawDecision): void {
    this.#approvals.delete(callId);
    const id = toApprovalId({ sessionId: this.sessionId, runId, callId });
    this.#deps.emit("plugin.approval.resolved", { id, decision, ts: Date.now() });
  }
}
