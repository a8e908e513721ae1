import type { SessionStore } from "@mini-openclaw/protocol";
import { appendTests } from "./appends.ts";
import { shelfTests } from "./archive.ts";
import { blobTests } from "./blobs.ts";
import type { PortTests } from "./fixtures.ts";
import { keptTests } from "./kept.ts";
import { logTests } from "./log.ts";
import { messageTests } from "./messages.ts";
import { ownObjectTests } from "./own-objects.ts";
import { sessionTests } from "./sessions.ts";

/** The functions of a test runner; those of vitest, Jest, Mocha and `node:test` fit. */
export interface SuiteFunctions {
  describe: (name: string, body: () => void) => unknown;
  test: (name: string, body: () => Promise<void>) => unknown;
}

/**
 * Declares the tests that every implementation of the `SessionStore` port passes. `createStore`
 * gives an empty store for each; the test closes it.
 */
export function describeSessionStore(
  name: string,
  createStore: () => SessionStore | Promise<SessionStore>,
  { describe, test }: SuiteFunctions,
): void {
  const suites: Record<string, PortTests> = {
    sessions: sessionTests,
    "titles, archive, forks, search": shelfTests,
    messages: messageTests,
    appends: appendTests,
    log: logTests,
    blobs: blobTests,
    "what is kept": keptTests,
    "objects of its callers": ownObjectTests,
  };
  for (const [subject, tests] of Object.entries(suites)) {
    describe(`${name}: ${subject}`, () => {
      for (const [title, body] of Object.entries(tests)) {
        test(title, async () => {
          const store = await createStore();
          try {
            await body(store);
          } finally {
            await store.close();
          }
        });
      }
    });
  }
}
