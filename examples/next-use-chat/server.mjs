// The server of Next.js with a socket. Without sockets, `next start` is enough.
import { createServer } from "node:http";
import { aiSdkDialect } from "@mini-openclaw/ai-sdk";
import next from "next";
import { openGateway } from "./gateway.mjs";

const port = Number(process.env.PORT ?? 3000);
const server = createServer();
const app = next({ dev: process.env.NODE_ENV !== "production", httpServer: server, port });
await app.prepare();
server.on("request", app.getRequestHandler());
(await openGateway()).attach(server, { path: "/chat", dialect: aiSdkDialect() });
server.once("error", ({ message }) => {
  console.error(`${message}. Set PORT to a free port.`);
  process.exit(1);
});
server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
