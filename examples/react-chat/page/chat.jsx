import { useClient, useConnection, useSession } from "@mini-openclaw/client/react";

/** A whole chat: messages, tool calls, approvals, errors, stop and retry. */
export function Chat({ url }) {
  const client = useClient({ url });
  const { phase } = useConnection(client);
  const { session, snapshot } = useSession(client);
  const { view, outbox } = snapshot;
  const isRunning = view.activeRuns.length > 0;

  function send(form) {
    const text = String(form.get("text")).trim();
    if (text !== "") void session?.send(text);
  }

  return (
    <main>
      <p role="status">{phase}</p>
      {view.items.map((item) => (
        <Item key={item.key} item={item} session={session} />
      ))}
      {outbox.map(({ id, content, phase }) => (
        <p key={id}>
          You: {content} <i>{phase}</i>
        </p>
      ))}
      <form action={send}>
        <input name="text" aria-label="Message" autoComplete="off" />
        <button type="submit">Send</button>
        {isRunning && (
          <button type="button" onClick={() => void session?.abort()}>
            Stop
          </button>
        )}
      </form>
    </main>
  );
}

function Item({ item, session }) {
  switch (item.kind) {
    case "user":
      return <p>You: {item.content}</p>;
    case "assistant":
      return <p>{item.content}</p>;
    case "tool":
      return (
        <p>
          {item.toolName}: {item.asksFor?.reason ?? item.phase}
          {item.asksFor && <button onClick={() => void session?.approve(item.callId, "once")}>Allow</button>}
          {item.asksFor && <button onClick={() => void session?.approve(item.callId, "deny")}>Deny</button>}
        </p>
      );
    case "error":
      return <p role="alert">{item.message}</p>;
    default:
      return <p>{item.kind}</p>;
  }
}
