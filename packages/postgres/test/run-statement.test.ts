import pg from "pg";
import { describe, expect, test } from "vitest";
import { runStatement } from "../src/connection/run-statement.ts";
import { hasPostgres } from "./server/postgres-server.ts";
import { useServer } from "./server/use-server.ts";

const SELECT = "select $1::bytea = $2::bytea as equal, $3::text as text, $4::text as nothing";
// More than one packet, and more than the buffers of a socket.
const MANY_BYTES = 5_000_000;

describe.skipIf(!hasPostgres)("runStatement", () => {
  const file = useServer();

  async function withClient(act: (client: pg.Client) => Promise<void>, options: pg.ClientConfig = {}) {
    const client = new pg.Client({ ...file.server.config, ...options });
    await client.connect();
    try {
      await act(client);
    } finally {
      await client.end();
    }
  }

  test.each([0, 1, MANY_BYTES])("sends a buffer of %i bytes beside texts and null", async (length) => {
    await withClient(async (client) => {
      const bytes = Buffer.alloc(length, "\0\u00ff");
      const values = [bytes, bytes, "ünï", null];
      for (const name of ["named", "named", undefined]) {
        const rows = await runStatement(client, { text: SELECT, values, ...(name && { name }) });
        expect(rows).toEqual([{ equal: true, text: "ünï", nothing: null }]);
      }
    });
  });

  test("sends the bytes themselves, and no copy of them", async () => {
    await withClient(async (client) => {
      const written: unknown[] = [];
      const { stream } = (
        client as unknown as { connection: { stream: { write: (bytes: unknown) => boolean } } }
      ).connection;
      const write = stream.write.bind(stream);
      stream.write = (bytes) => {
        written.push(bytes);
        return write(bytes);
      };
      const bytes = Buffer.from("some bytes");
      await runStatement(client, { text: "select length($1::bytea)", values: [bytes] });

      expect(written).toContain(bytes);
    });
  });

  test("prepares a statement with a name once", async () => {
    await withClient(async (client) => {
      const statement = {
        text: "select length($1::bytea) as length",
        values: [Buffer.alloc(3)],
        name: "once",
      };
      for (let round = 0; round < 3; round += 1) {
        expect(await runStatement(client, statement)).toEqual([{ length: 3 }]);
      }
      const { rows } = await client.query(
        "select generic_plans + custom_plans as plans from pg_prepared_statements",
      );

      expect(rows).toEqual([{ plans: "3" }]);
    });
  });

  test("rejects with the server's error, and the client stays usable", async () => {
    await withClient(async (client) => {
      const statement = { text: "select 1 / length($1::bytea) as result", values: [Buffer.alloc(0)] };
      await expect(runStatement(client, statement)).rejects.toMatchObject({ code: "22012" });

      expect(await runStatement(client, { ...statement, values: [Buffer.alloc(1)] })).toEqual([
        { result: 1 },
      ]);
    });
  });

  test("rejects when the connection ends in the middle", async () => {
    const client = new pg.Client(file.server.config);
    client.on("error", () => {});
    await client.connect();
    const text = "select pg_terminate_backend(pg_backend_pid()), $1::bytea";

    await expect(runStatement(client, { text, values: [Buffer.alloc(1)] })).rejects.toThrow(
      "terminating connection",
    );
  });

  test("works with a client in pipeline mode", async () => {
    await withClient(
      async (client) => {
        const values = [Buffer.alloc(2), Buffer.alloc(2), "text", null];

        expect(await runStatement(client, { text: SELECT, values })).toEqual([
          { equal: true, text: "text", nothing: null },
        ]);
      },
      { pipeline: true },
    );
  });
});
