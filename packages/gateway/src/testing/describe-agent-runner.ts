import type { AgentRunner } from "@mini-openclaw/protocol";
import {
  answerTests,
  decisionTests,
  endlessTests,
  limitTests,
  type SituationTests,
  steeringTests,
  toolTests,
} from "./agent-runner-tests.ts";

/** The functions of a test runner; those of vitest, Jest, Mocha and `node:test` fit. */
export interface SuiteFunctions {
  describe: (name: string, body: () => void) => unknown;
  test: (name: string, body: () => Promise<void>) => unknown;
}

/** An agent, and the message that brings it into the situation. */
export interface AgentUnderTest {
  agent: AgentRunner;
  content: string;
  /** @default nothing */
  close?: () => Promise<void>;
}

/** Makes an agent for one test. It may be asked twice in it. */
export type CreateAgent = () => AgentUnderTest | Promise<AgentUnderTest>;

/** Creates the agent in each situation that it can reach. Leave out the others. */
export interface AgentSituations {
  /** It answers in text. */
  answers: CreateAgent;
  /** It calls a tool that nobody has to decide on, then answers. */
  callsTool?: CreateAgent;
  /** It asks for a decision on the one tool call that it makes, then answers. */
  asks?: CreateAgent;
  /** The agent emits text or calls a tool, and continues until it is stopped. */
  goesOn?: CreateAgent;
  /** It answers in text, and takes what users say meanwhile. */
  isSteered?: CreateAgent;
  /** It answers in text, and has a limit on what a session may cost. */
  isLimited?: CreateAgent;
}

/**
 * Declares the tests that every implementation of the `AgentRunner` port passes, as far as it gets
 * into their situations.
 */
export function describeAgentRunner(
  name: string,
  situations: AgentSituations,
  { describe, test }: SuiteFunctions,
): void {
  const suites: [string, CreateAgent | undefined, SituationTests][] = [
    ["that answers", situations.answers, answerTests],
    ["that calls a tool", situations.callsTool, toolTests],
    ["that asks first", situations.asks, decisionTests],
    ["that works until it is stopped", situations.goesOn, endlessTests],
    ["that is steered", situations.isSteered, steeringTests],
    ["that has a limit", situations.isLimited, limitTests],
  ];
  for (const [situation, create, tests] of suites) {
    if (!create) continue;
    describe(`${name}: an agent ${situation}`, () => {
      for (const [title, body] of Object.entries(tests)) {
        test(title, async () => {
          const { agent, content, close } = await create();
          try {
            await body(agent, content);
          } finally {
            await close?.();
          }
        });
      }
    });
  }
}
