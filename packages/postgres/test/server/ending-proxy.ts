import { startProxy } from "./proxy.ts";

// https://www.postgresql.org/docs/18/protocol-message-formats.html, ReadyForQuery and ErrorResponse
const READY = Buffer.from("5a0000000549", "hex");
const FIELDS = "SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0";

/**
 * Starts a proxy before the server that ends the first connections in the same packet that opens
 * them, as an administrator may.
 */
export async function startEndingProxy(serverPort: number, count: number) {
  let ended = 0;
  const proxy = await startProxy(
    () => serverPort,
    (client, upstream) => {
      client.on("data", (bytes) => upstream.write(bytes));
      upstream.on("data", (bytes) => {
        if (ended >= count || !bytes.subarray(-READY.length).equals(READY)) return client.write(bytes);
        ended += 1;
        return client.end(Buffer.concat([bytes, fatalError()]));
      });
    },
  );
  return { ...proxy, ended: () => ended };
}

function fatalError(): Buffer {
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(4 + FIELDS.length, 1);
  return Buffer.concat([head, Buffer.from(FIELDS, "latin1")]);
}
