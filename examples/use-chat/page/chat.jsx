import { useChat } from "@ai-sdk/react";
import { lastAssistantMessageIsCompleteWithApprovalResponses as isDecided } from "ai";

/** A whole chat. `onStop` stops a run where `stop` only ends its stream. */
export function ChatPage({ transport, messages, onStop }) {
  const chat = useChat({ id: "main", messages, transport, resume: true, sendAutomaticallyWhen: isDecided });
  function send(event) {
    event.preventDefault();
    void chat.sendMessage({ text: event.target.elements.text.value });
    event.target.reset();
  }
  const isRunning = chat.status === "submitted" || chat.status === "streaming";
  return (
    <main>
      {chat.messages.flatMap(({ id, role, parts }) =>
        parts.map((part, index) => (
          <Part key={`${id} ${index}`} part={part} role={role} answer={chat.addToolApprovalResponse} />
        )),
      )}
      {chat.error && <p role="alert">{chat.error.message}</p>}
      <form onSubmit={send}>
        <input name="text" aria-label="Message" autoComplete="off" />
        <button type="submit">Send</button>
      </form>
      {isRunning && <button onClick={() => void (onStop ?? chat.stop)()}>Stop</button>}
    </main>
  );
}

function Part({ part, role, answer }) {
  if (part.type === "text") return <p>{role === "user" ? `You: ${part.text}` : part.text}</p>;
  if (part.type !== "dynamic-tool") return null;
  if (part.state !== "approval-requested") return <p>{`${part.toolName}: ${part.output ?? part.state}`}</p>;
  const decide = (approved) => () => void answer({ id: part.approval.id, approved });
  return (
    <p>
      {part.toolName} <button onClick={decide(true)}>Allow</button>{" "}
      <button onClick={decide(false)}>Deny</button>
    </p>
  );
}
