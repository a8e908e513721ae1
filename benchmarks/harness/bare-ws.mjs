// The least that a WebSocket server can be: `ws` alone, answering a ping.
import process from "node:process";
import { WebSocketServer } from "ws";

const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
server.on("connection", (socket) => {
  socket.on("message", () => socket.send('{"type":"pong"}'));
  socket.send('{"type":"connected","sessionId":"none"}');
});
server.on("listening", () => {
  const address = server.address();
  if (typeof address === "object") process.send?.({ port: address?.port });
});
