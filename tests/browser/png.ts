import { crc32, deflateSync } from "node:zlib";

/** A real picture with noise, which does not get smaller. */
export function pngOf(size: number): Buffer {
  const rows = Array.from({ length: size }, () => {
    const pixels = Buffer.from(crypto.getRandomValues(new Uint8Array(size * 3)));
    return Buffer.concat([Buffer.of(0), pixels]);
  });
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    ...[
      chunk("IHDR", header),
      chunk("IDAT", deflateSync(Buffer.concat(rows))),
      chunk("IEND", Buffer.alloc(0)),
    ],
  ]);
}
