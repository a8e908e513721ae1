// A client in a process of its own that pings, one after the other, and says how many were answered; told to stop, how long each took.
import { once } from "node:events";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";

async function pingOnAndOn(url: string): Promise<void> {
  const socket = new WebSocket(url);
  await once(socket, "message");
  process.send?.("ready");
  const tookMs: number[] = [];
  let isOver = false;
  process.once("message", () => {
    isOver = true;
  });
  while (!isOver) {
    const sentAt = performance.now();
    socket.send('{"type":"ping"}');
    await once(socket, "message");
    tookMs.push(performance.now() - sentAt);
    process.send?.(tookMs.length);
    await delay(10);
  }
  socket.close();
  process.send?.(tookMs);
}

const [url = ""] = process.argv.slice(2);
void pingOnAndOn(url);
