type Child = Node | string;

/** An element with a class and children. Text becomes text nodes: it is never read as HTML. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[Tag] {
  const created = document.createElement(tag);
  if (className) created.className = className;
  created.append(...children);
  return created;
}

/** A button that is not a submit button. */
export function button(className: string, label: string, onClick: () => void): HTMLButtonElement {
  const created = element("button", className, label);
  created.type = "button";
  created.addEventListener("click", onClick);
  return created;
}

/** Sets text that changes often, without touching the page when it is the same. */
export function setText(target: HTMLElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Makes these the children, in this order. If they are already, nothing is touched: what moves loses the focus. */
export function arrange(parent: HTMLElement, children: readonly HTMLElement[]): void {
  const isInPlace = (child: HTMLElement, index: number) => parent.children[index] === child;
  if (children.length === parent.children.length && children.every(isInPlace)) return;
  parent.replaceChildren(...children);
}

/** {@link setText} for text that mostly gets longer: only what is new is added. */
export function growText(target: HTMLElement, text: string): void {
  const shown = target.firstChild;
  if (shown instanceof Text && text.startsWith(shown.data)) shown.appendData(text.slice(shown.length));
  else setText(target, text);
}
