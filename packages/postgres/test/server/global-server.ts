import type { TestProject } from "vitest/node";
import { startPostgres } from "./postgres-server.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** The configuration of a connection to the server of the whole run. */
    postgres: { host: string; port: number; user: string; database: string };
  }
}

/** Starts one server for all test files of a run. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startPostgres({ max_connections: "500" });
  const { port } = server;
  project.provide("postgres", { host: "127.0.0.1", port, user: "postgres", database: "postgres" });
  return async () => {
    await server[Symbol.asyncDispose]();
  };
}
