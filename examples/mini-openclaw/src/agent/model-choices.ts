import { readFileSync } from "node:fs";
import type { AgentInput, AgentRunner } from "@mini-openclaw/protocol";
import { replaceFile } from "../settings/replace-file.ts";

/** The model and the effort that a user selected for a chat. */
export interface ModelChoice {
  readonly model?: string;
  readonly effort?: string;
}

// More chats than anybody returns to. The oldest choices are forgotten.
const MAX_CHOICES = 1000;

/** The values that a chat may select. */
export interface OfferedChoices {
  /** The models that may answer. The first one is the default. */
  readonly models: readonly string[];
  readonly efforts: readonly string[];
}

/** The choices of all chats, in a file that outlives the process. */
export class ModelChoices {
  readonly offered: OfferedChoices;
  readonly #file: string;
  #choices: ReadonlyMap<string, ModelChoice>;

  constructor(file: string, offered: OfferedChoices) {
    this.offered = offered;
    this.#file = file;
    this.#choices = readChoices(file);
  }

  /**
   * Returns the choice of a chat, without what the settings of now do not offer: another server
   * may refuse it, and the page could not take it back. It counts again when it is offered again.
   */
  of(sessionId: string): ModelChoice {
    const { model = "", effort = "" } = this.#choices.get(sessionId) ?? {};
    return {
      ...(this.offered.models.includes(model) && { model }),
      ...(this.offered.efforts.includes(effort) && { effort }),
    };
  }

  /**
   * Saves the choice of a chat. An empty choice removes it.
   *
   * @throws Error of the file system. Then the choice from before counts
   */
  set(sessionId: string, choice: ModelChoice): void {
    const choices = new Map(this.#choices);
    choices.delete(sessionId);
    if (choice.model !== undefined || choice.effort !== undefined) choices.set(sessionId, choice);
    const [oldest] = choices.keys();
    if (choices.size > MAX_CHOICES && oldest !== undefined) choices.delete(oldest);
    const text = JSON.stringify(Object.fromEntries(choices), undefined, 2);
    replaceFile(this.#file, `${text}\n`, 0o600);
    this.#choices = choices;
  }
}

/** Returns an agent whose runs use the model and the effort of their chat. */
export function withModelChoices(
  agent: Pick<AgentRunner, "run"> & { readonly neededMessages: number },
  choices: ModelChoices,
): AgentRunner {
  return {
    get neededMessages() {
      return agent.neededMessages;
    },
    run(input: AgentInput) {
      const { model, effort } = choices.of(input.sessionId);
      return agent.run({
        ...input,
        ...(model !== undefined && { model }),
        ...(effort !== undefined && { options: { ...input.options, effort } }),
      });
    },
  };
}

function readChoices(file: string): Map<string, ModelChoice> {
  try {
    const saved = Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>);
    return new Map(saved.map(([sessionId, choice]) => [sessionId, toChoice(choice)]));
  } catch {
    // A missing or damaged file means that no chat has a choice.
    return new Map();
  }
}

function toChoice(value: unknown): ModelChoice {
  const { model, effort } = Object(value) as Record<string, unknown>;
  return {
    ...(typeof model === "string" && { model }),
    ...(typeof effort === "string" && { effort }),
  };
}
