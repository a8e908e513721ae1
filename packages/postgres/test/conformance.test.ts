import { describeSessionStore } from "@mini-openclaw/session-store/testing";
import { describe, test } from "vitest";
import { createPostgresStore } from "../src/index.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const postgres = useServer();

describe.skipIf(!hasPostgres)("the conformance suite", () => {
  for (const durability of ["disk", "os"] as const) {
    const createStore = () => {
      return createPostgresStore({ pool: postgres.server.pool(), durability, schema: postgres.newSchema() });
    };
    describeSessionStore(`postgres, ${durability}`, createStore, { describe, test });
  }
});
