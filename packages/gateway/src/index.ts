export type { AgentInput, AgentRunner, SessionStore } from "@mini-openclaw/protocol";
export type { AccessOptions } from "./access.ts";
export type { Principal, WebSocketLike } from "./connection.ts";
export type { GatewayErrorCode } from "./errors.ts";
export { GatewayError } from "./errors.ts";
export type { AttachOptions, CloseOptions, GatewayOptions } from "./gateway-server.ts";
export { GatewayServer } from "./gateway-server.ts";
export type { Health, Readiness } from "./http-routes.ts";
export type { ListenOptions } from "./listen.ts";
