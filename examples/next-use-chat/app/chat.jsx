"use client";

import { useChat } from "@ai-sdk/react";
import {
  AssistantRuntimeProvider,
  ComposerPrimitive,
  MessagePrimitive,
  ThreadPrimitive,
} from "@assistant-ui/react";
import { useAISDKRuntime } from "@assistant-ui/react-ai-sdk";
import {
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses as isDecided,
  WebSocketChatTransport,
} from "ai";
import { useState } from "react";

/** A chat with the components of assistant-ui. Nothing in it is of this gateway. */
export function Chat({ messages, isHttp }) {
  const [transport] = useState(() =>
    isHttp
      ? new DefaultChatTransport({ api: "/api/chat" })
      : new WebSocketChatTransport({ url: "/chat", protocols: ["ai-sdk-7"] }),
  );
  const chat = useChat({ id: "main", messages, transport, resume: true, sendAutomaticallyWhen: isDecided });
  return (
    <AssistantRuntimeProvider runtime={useAISDKRuntime(chat)}>
      <ThreadPrimitive.Root>
        <ThreadPrimitive.Messages components={{ Message }} />
        {chat.error && <p role="alert">{chat.error.message}</p>}
        <ComposerPrimitive.Root>
          <ComposerPrimitive.Input aria-label="Message" />
          <ComposerPrimitive.Send>Send</ComposerPrimitive.Send>
        </ComposerPrimitive.Root>
      </ThreadPrimitive.Root>
    </AssistantRuntimeProvider>
  );
}

function Message() {
  return (
    <MessagePrimitive.Root>
      <MessagePrimitive.Parts components={{ Text, tools: { Fallback: Tool } }} />
    </MessagePrimitive.Root>
  );
}

function Text({ text }) {
  return <p>{text}</p>;
}

function Tool({ toolName, result, approval, respondToApproval }) {
  if (!approval || approval.approved !== undefined) {
    // The result of a call that failed or was denied is an object with its error.
    return <p>{`${toolName}: ${result?.error ?? result ?? "…"}`}</p>;
  }
  const decide = (approved) => () => void respondToApproval({ approved });
  return (
    <p>
      {toolName} <button onClick={decide(true)}>Allow</button> <button onClick={decide(false)}>Deny</button>
    </p>
  );
}
